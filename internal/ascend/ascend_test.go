package ascend

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"herbarium/format"
	"herbarium/internal/arch"
	"herbarium/internal/canvas"
	"herbarium/internal/graph"
	"herbarium/internal/net"
	"herbarium/internal/objective"
	"herbarium/internal/optimize"
	"herbarium/internal/random"
	"herbarium/internal/torch"
	"herbarium/internal/torchtest"
)

const side = 24

// scene is a random resnet20, a canvas and items for units.
type scene struct {
	model *graph.Net
	net   *net.Net
	on    canvas.Canvas
	items []Item
}

func newScene(t *testing.T, s *torch.Scope, units ...string) *scene {
	t.Helper()
	o := arch.Options{Classes: 5, Mean: []float64{0.5, 0.5, 0.5}, Std: []float64{0.25, 0.25, 0.25}}
	return viewScene(t, s, torchtest.ResNet(t, "resnet20", o, side, 11), units...)
}

func viewScene(t *testing.T, s *torch.Scope, model *graph.Net, units ...string) *scene {
	t.Helper()
	c := &scene{model: model, on: canvas.NewFourier(s, side, side, canvas.DefaultColor(3), torch.CPU)}
	for _, text := range units {
		u, err := objective.Parse(text, model)
		if err != nil {
			t.Fatal(err)
		}
		c.items = append(c.items, Item{Unit: u, Keys: []uint64{random.Key(text)}})
	}
	var parsed []objective.Unit
	for _, item := range c.items {
		parsed = append(parsed, item.Unit)
	}
	n, err := net.View(model, append(objective.Nodes(parsed), "logits"), net.Options{Device: torch.CPU, DType: torch.F32})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Close)
	c.net = n
	return c
}

var rate = optimize.Constant(0.05)

var views = Transform{Jitter: 1, Scale: 0.1, Rotate: 5}

func TestEveryObjectiveImprovesWithinTwentySteps(t *testing.T) {
	s := torchtest.Pin(t)
	c := newScene(t, s, "logits:0", "layer1:3", "layer2.1:5@c", "layer3", "layer3@0,0", "conv1:2", "logits:1 - logits:2", "- logits:4")
	results, err := Run(c.net, c.on, c.items, Config{Objective: Activation, Steps: 20, Rate: rate, Transform: views}, Hooks{})
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range results {
		if !(r.End > r.Start) || r.Dead {
			t.Errorf("%s: from %v to %v, dead %v", c.items[i].Unit.Text, r.Start, r.End, r.Dead)
		}
		if len(r.Pixels) != 3*side*side || len(r.Logits) != 5 {
			t.Errorf("%s: %d pixels, %d logits", c.items[i].Unit.Text, len(r.Pixels), len(r.Logits))
		}
	}
}

// apart is how far two pictures are apart, in levels of 255: the mean over their values.
func apart(a, b []byte) float64 {
	sum := 0.0
	for i := range a {
		sum += math.Abs(float64(a[i]) - float64(b[i]))
	}
	return sum / float64(len(a))
}

// In other company libtorch may take other kernels, which round in another way. Adam's first steps are as long where a gradient
// is but rounding, so a few frequencies that the objective hardly sees may go the other way: the picture is the same to the eye,
// and not that of another seed.
func TestTheSameItemIsTheSamePicture(t *testing.T) {
	s := torchtest.Pin(t)
	c := newScene(t, s, "logits:0", "logits:1", "logits:3")
	config := Config{Objective: Activation, Steps: 4, Rate: rate, Transform: views, Seed: 5}
	first, err := Run(c.net, c.on, c.items, config, Hooks{})
	if err != nil {
		t.Fatal(err)
	}
	again, err := Run(c.net, c.on, c.items, config, Hooks{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, again); diff != "" {
		t.Errorf("the same command gave another result: %s", diff)
	}
	alone, err := Run(c.net, c.on, c.items[1:2], config, Hooks{})
	if err != nil {
		t.Fatal(err)
	}
	if far := math.Abs(alone[0].Start - first[1].Start); far > 1e-5 {
		t.Errorf("alone it starts at %v, in company at %v", alone[0].Start, first[1].Start)
	}
	if far := apart(alone[0].Pixels, first[1].Pixels); far > 0.5 {
		t.Errorf("alone and in company the pictures are %v levels apart", far)
	}
	config.Seed = 6
	other, err := Run(c.net, c.on, c.items[:1], config, Hooks{})
	if err != nil {
		t.Fatal(err)
	}
	if far := apart(other[0].Pixels, first[0].Pixels); far < 5 {
		t.Errorf("another seed gave a picture that is only %v levels apart", far)
	}
}

// A layer whose ReLU lets nothing through at the start is rescued; one that no picture can wake is reported. That a prior
// has a gradient hides neither.
func TestDeadUnits(t *testing.T) {
	s := torchtest.Pin(t)
	for _, c := range []struct {
		bias   float32
		dead   bool
		smooth float64
	}{{-0.6, false, 0}, {-1e6, true, 0}, {-0.6, false, 1e-9}, {-1e6, true, 1e-4}} {
		bias, dead, smooth := c.bias, c.dead, c.smooth
		g := &graph.Graph{Nodes: []graph.Node{
			{Name: "conv", In: []string{graph.Input}, Op: graph.Conv{Out: 1, Kernel: graph.Pair{1, 1}, Stride: graph.Pair{1, 1}, Dilation: graph.Pair{1, 1}, Groups: 1, Bias: true}},
			{Name: "relu", In: []string{"conv"}, Op: graph.ReLU{}},
			{Name: "gap", In: []string{"relu"}, Op: graph.GAP{}},
			{Name: "flatten", In: []string{"gap"}, Op: graph.Flatten{}},
			{Name: "fc", In: []string{"flatten"}, Op: graph.Linear{Out: 2}},
		}, Aliases: map[string]string{"logits": "fc"}}
		third := float32(1.0 / 3)
		model := &graph.Net{Graph: g, Input: graph.Shape{3, side, side}, Params: map[string]format.Tensor{
			"conv.weight": format.Of("conv.weight", []int{1, 3, 1, 1}, []float32{third, third, third}),
			"conv.bias":   format.Of("conv.bias", []int{1}, []float32{bias}), // the gray start answers 0.5 + bias
			"fc.weight":   format.Of("fc.weight", []int{2, 1}, []float32{1, -1}),
		}}
		c := viewScene(t, s, model, "relu:0")
		results, err := Run(c.net, c.on, c.items, Config{Objective: Activation, Steps: 40, Rate: rate,
			Priors: Priors{Variation: optimize.Ramp{From: smooth, To: smooth}}}, Hooks{})
		if err != nil {
			t.Fatal(err)
		}
		r := results[0]
		if r.Start != 0 {
			t.Errorf("bias %v: the start is %v, not dead", bias, r.Start)
		}
		if dead && (r.End != 0 || !r.Dead) {
			t.Errorf("bias %v: ended at %v, reported dead: %v", bias, r.End, r.Dead)
		}
		if !dead && (r.End <= 0 || r.Dead) {
			t.Errorf("bias %v: ended at %v, reported dead: %v: not rescued", bias, r.End, r.Dead)
		}
	}
}

func TestBatchesKeepDepthsApart(t *testing.T) {
	s := torchtest.Pin(t)
	c := newScene(t, s, "layer3:1", "layer1:0", "layer3:2", "layer1:1", "layer3:0", "layer1:2 + layer3:0")
	for size, want := range map[int][][]int{
		3: {{1, 3}, {0, 2}, {4, 5}}, // layer3 has four items: two and two, not three and one
		1: {{1}, {3}, {0}, {2}, {4}, {5}},
		9: {{1, 3}, {0, 2, 4, 5}},
	} {
		if diff := cmp.Diff(want, Batches(c.model.Graph, c.items, size, ByDepth)); diff != "" {
			t.Errorf("batches of %d: %s", size, diff)
		}
	}
}

// A view that is turned by a right angle is the picture turned: no shear, no shift, also where it is not square.
func TestViewsTurnWithoutShear(t *testing.T) {
	s := torchtest.Pin(t)
	const h, w = 9, 15
	values := make([]float32, 3*h*w)
	for i := range values {
		values[i] = float32(i%h) / 20
	}
	x := torch.From(s, []int{1, 3, h, w}, values)
	if y := (Transform{}).apply(s, x, 1, [][]uint64{{1}}, 0); y != x {
		t.Error("no transform changed the picture")
	}
	tr := Transform{Rotate: 180}
	for step := range 20 {
		m := tr.theta(1, []uint64{1}, step, h, w)
		// In pixels the map is a rotation: its rows are orthogonal and of length one.
		a, b, c, d := float64(m[0]), float64(m[1])*w/h, float64(m[3])*h/w, float64(m[4])
		if math.Abs(a*a+b*b-1) > 1e-5 || math.Abs(c*c+d*d-1) > 1e-5 || math.Abs(a*c+b*d) > 1e-5 || math.Abs(a*d-b*c-1) > 1e-5 {
			t.Fatalf("step %d: [%v %v; %v %v] is no rotation of pixels", step, a, b, c, d)
		}
	}
	shift := Transform{Jitter: 3}
	for step := range 50 {
		m := shift.theta(1, []uint64{1}, step, h, w)
		if dx, dy := math.Abs(float64(m[2]))*w/2, math.Abs(float64(m[5]))*h/2; dx > 3 || dy > 3 {
			t.Fatalf("step %d moved by %v,%v pixels, more than 3", step, dx, dy)
		}
	}
}

func TestMemoryIsFlatOverSteps(t *testing.T) {
	s := torchtest.Pin(t)
	c := newScene(t, s, "layer1:0", "layer1:1")
	run := func(steps int) {
		if _, err := Run(c.net, c.on, c.items, Config{Objective: Activation, Steps: steps, Rate: rate, Transform: views}, Hooks{}); err != nil {
			t.Fatal(err)
		}
	}
	run(30)
	before := torchtest.ResidentMiB(t)
	run(300)
	if grown := torchtest.ResidentMiB(t) - before; grown > 16 {
		t.Errorf("300 steps grew the process by %d MiB", grown)
	}
}
