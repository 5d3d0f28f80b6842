package ascend

import (
	"math"
	"strings"
	"testing"

	"herbarium/internal/canvas"
	"herbarium/internal/objective"
	"herbarium/internal/optimize"
	"herbarium/internal/torch"
	"herbarium/internal/torchtest"
)

// photo is a smooth picture with colors, [3,side,side].
func photo(phase float64) []float32 {
	out := make([]float32, 3*side*side)
	for c := range 3 {
		for y := range side {
			for x := range side {
				out[(c*side+y)*side+x] = float32(0.5 + 0.35*math.Sin(float64(x)/3+phase)*math.Cos(float64(y)/4+float64(c)))
			}
		}
	}
	return out
}

// Every objective gets better within twenty steps on every canvas, with every prior on.
func TestEveryObjectiveImprovesOnEveryCanvas(t *testing.T) {
	s := torchtest.Pin(t)
	base := newScene(t, s, "layer2", "layer2")
	statistics := canvas.Statistics{Color: canvas.DefaultColor(3)}
	for _, name := range []string{"pixel", "fourier", "phase"} {
		on, err := canvas.New(name, s, side, side, statistics, torch.CPU)
		if err != nil {
			t.Fatal(err)
		}
		for goalName, goal := range map[string]Objective{
			"unit": Activation, "inversion": Target(objective.Inversion), "cosine": Target(objective.Cosine),
			"caricature": Target(objective.Caricature(2)), "diverse": Diverse(Activation, base.items[0].Unit.Terms[0].Node, 0.1),
		} {
			items := append([]Item{}, base.items...)
			for i := range items {
				items[i].Target, items[i].Restart, items[i].Keys = photo(float64(i)), i, []uint64{uint64(i)}
				if goalName == "caricature" {
					items[i].Start = items[i].Target
				}
			}
			r := 0.05
			if name == "phase" {
				r = 0.2
			}
			results, err := Run(base.net, on, items, Config{Objective: goal, Steps: 20, Rate: optimize.Constant(r), Alpha: name == "phase", Snapshots: 3,
				Priors: Priors{Mean: []float32{0.5, 0.5, 0.5}, Variation: optimize.Ramp{From: 1e-4, To: 1e-5}, AlphaNorm: optimize.Constant(1e-5)}}, Hooks{})
			if err != nil {
				t.Fatal(err)
			}
			for i, got := range results {
				if !(got.End > got.Start) {
					t.Errorf("%s on %s: from %v to %v", goalName, name, got.Start, got.End)
				}
				if len(got.Snapshots) != 3 || got.Steps != 20 {
					t.Errorf("%s on %s: %d snapshots, %d steps", goalName, name, len(got.Snapshots), got.Steps)
				}
				for _, shot := range got.Snapshots {
					if shot.Objective == got.Start || shot.Objective == got.End || len(shot.Pixels) != len(got.Pixels) {
						t.Errorf("%s on %s: after %d steps the objective is %v; at the start %v, at the end %v", goalName, name, shot.Step, shot.Objective, got.Start, got.End)
					}
				}
				if name == "phase" {
					if len(got.Alpha) != side*side {
						t.Errorf("alpha has %d values", len(got.Alpha))
					}
					most := float32(0)
					for _, v := range got.Alpha {
						most = max(most, v)
					}
					if math.Abs(float64(most)-1) > 1e-5 {
						t.Errorf("item %d: the largest alpha is %v", i, most)
					}
				}
			}
		}
	}
}

// A picture that starts as the photo is its own inversion: nothing to gain, nothing lost but roundings.
func TestAPhotoIsItsOwnInversion(t *testing.T) {
	s := torchtest.Pin(t)
	c := newScene(t, s, "layer1")
	c.items[0].Target = photo(1)
	for i, v := range c.items[0].Target {
		c.items[0].Target[i] = float32(math.Round(float64(v)*255) / 255)
	}
	c.items[0].Start = c.items[0].Target
	for _, name := range []string{"pixel", "fourier"} {
		on, err := canvas.New(name, s, side, side, canvas.Statistics{Color: canvas.DefaultColor(3)}, torch.CPU)
		if err != nil {
			t.Fatal(err)
		}
		results, err := Run(c.net, on, c.items, Config{Objective: Target(objective.Inversion), Steps: 1, Rate: optimize.Constant(1e-9)}, Hooks{})
		if err != nil {
			t.Fatal(err)
		}
		if m := results[0].Measures; m["error"] > 1e-3 || math.Abs(m["cosine"]-1) > 1e-4 {
			t.Errorf("%s: %v", name, m)
		}
	}
}

func TestPicturesStopWhenTheyHaveGainedEnough(t *testing.T) {
	s := torchtest.Pin(t)
	c := newScene(t, s, "layer1", "layer1")
	for i := range c.items {
		c.items[i].Target = photo(float64(i))
		c.items[i].Start = c.items[i].Target
	}
	results, err := Run(c.net, c.on, c.items, Config{Objective: Target(objective.Caricature(0)), Steps: 200, Rate: rate, StopGain: 1.2}, Hooks{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if r.Steps >= 200 || r.Measures["gain"] < 1.15 || r.Measures["gain"] > 1.4 {
			t.Errorf("after %d steps the gain is %v, to stop at 1.2", r.Steps, r.Measures["gain"])
		}
	}
}

func TestALayerThatSaysNothingOfAPhotoIsAnError(t *testing.T) {
	s := torchtest.Pin(t)
	c := newScene(t, s, "layer1:0")
	c.items[0].Name, c.items[0].Target = "black.png", make([]float32, 3*side*side)
	for name, p := range c.model.Params { // a net that answers zero to everything
		for i := range p.Data {
			if !strings.Contains(name, "running_var") {
				p.Data[i] = 0
			}
		}
	}
	c = viewScene(t, s, c.model, "layer1:0")
	c.items[0].Name, c.items[0].Target = "black.png", make([]float32, 3*side*side)
	_, err := Run(c.net, c.on, c.items, Config{Objective: Target(objective.Inversion), Steps: 1, Rate: rate}, Hooks{})
	if err == nil || !strings.HasPrefix(err.Error(), "black.png: its activations at layer1:0 are all zero") {
		t.Errorf("error %v", err)
	}
}

// Restarts that should differ are less alike than those that need not.
func TestDiversityKeepsRestartsApart(t *testing.T) {
	s := torchtest.Pin(t)
	c := newScene(t, s, "layer2:3", "layer2:3")
	c.items[1].Keys = []uint64{7}
	node := c.items[0].Unit.Terms[0].Node
	likeness := map[float64]float64{}
	for _, weight := range []float64{0, 20} {
		results, err := Run(c.net, c.on, c.items, Config{Objective: Diverse(Activation, node, weight), Steps: 30, Rate: rate}, Hooks{})
		if err != nil {
			t.Fatal(err)
		}
		likeness[weight] = results[0].Measures["likeness"]
	}
	if !(likeness[20] < likeness[0]-0.01) {
		t.Errorf("likeness %v", likeness)
	}
}

// Frames, parts and mirror images: a view of a picture that is one in the middle, by hand.
func TestViewsPadCropAndFlip(t *testing.T) {
	s := torchtest.Pin(t)
	const n = 16
	values := make([]float32, 3*n*n)
	for i := range values {
		values[i] = float32(i%n) / n
	}
	x := torch.From(s, []int{1, 3, n, n}, values)
	padded := torch.Read[float32](s, Transform{Pad: 8}.apply(s, x, 1, [][]uint64{{1}}, 0))
	if padded[0] != 0.5 || math.Abs(float64(padded[8*n+8])-float64(values[8]+1.0/32)) > 0.05 {
		t.Errorf("a frame as wide as the picture's half: corner %v, middle %v", padded[0], padded[8*n+8])
	}
	mirrored, plain := 0, 0
	for step := range 40 {
		m := Transform{Flip: true}.theta(1, []uint64{1}, step, n, n)
		switch m[0] {
		case 1:
			plain++
		case -1:
			mirrored++
		}
		k := Transform{Crop: 0.25}.theta(1, []uint64{1}, step, n, n)
		if k[0] < 0.5-1e-6 || k[0] > 1 || math.Abs(float64(k[2])) > 1-float64(k[0])+1e-6 {
			t.Errorf("step %d: a part of %v of the side, %v off the middle", step, k[0], k[2])
		}
	}
	if mirrored < 8 || plain < 8 || mirrored+plain != 40 {
		t.Errorf("%d mirrored, %d not", mirrored, plain)
	}
}
