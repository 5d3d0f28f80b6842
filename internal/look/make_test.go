package look

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"herbarium/internal/ascend"
	"herbarium/internal/images"
	"herbarium/internal/objective"
	"herbarium/internal/optimize"
	"herbarium/internal/torchtest"
)

// The picture in [0,1] that maximizes a linear unit is 1 where its weight is positive and 0 elsewhere.
func TestMakeReachesTheOptimumOfALinearNet(t *testing.T) {
	torchtest.Pin(t)
	model := newNet(t, linearNet, 4, 4)
	weight, bias := param(t, model, "fc.weight"), param(t, model, "fc.bias")
	results, err := newViewer(t, model, 30).Make(itemsOf(t, model, "logits:daisy", "- logits:rose", "logits:rose"))
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range []struct {
		class int
		sign  float64
	}{{0, 1}, {1, -1}, {1, 1}} {
		best := c.sign * float64(bias[c.class])
		for p, v := range results[i].Pixels {
			want := byte(0)
			if w := c.sign * float64(weight[c.class*48+p]); w > 0 {
				best += w
				want = 255
			}
			if v != want {
				t.Errorf("item %d: pixel %d is %d, want %d", i, p, v, want)
			}
		}
		if r := results[i]; !near(r.End, best, 1e-5) || !(r.Start < r.End) || r.Steps != 30 || r.Dead || r.Alpha != nil {
			t.Errorf("item %d goes from %v to %v in %d steps, want %v; dead %v, alpha %v", i, r.Start, r.End, r.Steps, best, r.Dead, r.Alpha)
		}
	}
}

// A net whose linear layer sees a whole map has no smaller size.
func TestCoarseStepsNeedANetOfOtherSizes(t *testing.T) {
	torchtest.Pin(t)
	v := newViewer(t, newNet(t, linearNet, 4, 4), 2)
	v.options.Coarse = 0.5
	_, err := v.Make(itemsOf(t, v.Model, "logits:daisy"))
	if err == nil || !strings.HasPrefix(err.Error(), "coarse steps: images of 2x2 do not fit the net, which was made for 4x4: ") {
		t.Error(err)
	}
	v = newViewer(t, newNet(t, convNet, 8, 10), 3)
	v.options.Coarse, v.options.Canvas = 0.7, "phase"
	results, err := v.Make(itemsOf(t, v.Model, "layer2:1", "layer2:2@1,3", "logits:0"))
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range results {
		if r.Steps != 3 || len(r.Pixels) != 3*8*10 || len(r.Alpha) != 8*10 {
			t.Errorf("item %d: %d steps, %d pixels, alpha of %d", i, r.Steps, len(r.Pixels), len(r.Alpha))
		}
	}
}

// Items of several layers, batched by depth, come back in their order: each end is what the definitions give for the
// item's unit and picture.
func TestMakeKeepsTheOrderOfItems(t *testing.T) {
	torchtest.Pin(t)
	model := newNet(t, convNet, 8, 10)
	v := newViewer(t, model, 3)
	v.options.Canvas = "phase"
	items := itemsOf(t, model, "layer2:1", "layer1:0", "logits:0", "layer2:2@1,3", "layer1:1", "layer2:0", "layer1")
	results, err := v.Make(items)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range results {
		term := items[i].Unit.Terms[0]
		values := activations(t, model, images.Intensities(r.Pixels), term.Node)
		var want float64
		switch {
		case term.Channel < 0: // the mean square
			for _, plane := range values {
				for _, a := range plane {
					want += a * a / float64(len(values)*len(plane))
				}
			}
		case term.At:
			want = values[term.Channel][term.Y*5+term.X]
		default:
			want = mean(values[term.Channel])
		}
		if !near(r.End, want, 1e-5) {
			t.Errorf("%s ends at %v, its picture gives %v", items[i].Name, r.End, want)
		}
		if len(r.Alpha) != 8*10 {
			t.Errorf("%s: alpha has %d values", items[i].Name, len(r.Alpha))
		}
	}
}

func TestOctavesShrinkByTheirScale(t *testing.T) {
	var got []int
	for k := 3; k >= 0; k-- {
		got = append(got, octaveSide(96, k, 1.4))
	}
	if diff := cmp.Diff([]int{35, 49, 69, 96}, got); diff != "" {
		t.Error(diff)
	}
}

func TestOctavesHandTheirChangesOn(t *testing.T) {
	torchtest.Pin(t)
	model := newNet(t, brightnessNet, 16, 16)
	setParam(model, "fc.weight", []int{2, 3}, func(int) float64 { return 1 })
	v := newViewer(t, model, 1) // the first step of Adam moves every pixel by the rate
	items := itemsOf(t, model, "logits:0")
	photo := make([]float32, 3*16*16)
	for i := range photo {
		photo[i] = 0.3 + 0.2*float32(i%16)/16
	}
	items[0].Target, items[0].Start = photo, photo
	for count, change := range map[int]float64{1: 0.1, 2: 0.2} {
		results, err := v.MakeOctaves(items, count, 2)
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range results[0].Pixels {
			want := 255 * (float64(photo[i]) + change)
			if math.Abs(float64(p)-want) > 1.01 { // both octaves round to 8 bits
				t.Fatalf("%d octaves: value %d is %d, want %.1f", count, i, p, want)
			}
		}
	}
	if _, err := v.MakeOctaves(items, 3, 2); err == nil || err.Error() != "octave 1 would be 4x4 pixels, which shows a net nothing" {
		t.Errorf("an octave of 4 pixels: %v", err)
	}
}

// Where the objective asks for nothing, the alpha-norm alone leads toward the mean color of photos.
func TestPriorsTakeTheColorsOfPhotos(t *testing.T) {
	torchtest.Pin(t)
	model := newNet(t, linearNet, 4, 4)
	setParam(model, "fc.weight", []int{2, 48}, func(int) float64 { return 0 })
	setStatistic(model, "color.mean", 0.2, 0.5, 0.8)
	v := newViewer(t, model, 100)
	v.options.Ascent.Rate = optimize.Ramp{From: 0.05, To: 0.001}
	v.options.Ascent.Priors.AlphaNorm = optimize.Constant(1)
	results, err := v.Make(itemsOf(t, model, "logits:0"))
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range results[0].Pixels {
		if want := []float64{51, 127.5, 204}[i/16]; math.Abs(float64(p)-want) > 30 { // from 127.5; a sixth power is flat near its minimum
			t.Errorf("value %d is %d, want about %v", i, p, want)
		}
	}
}

// Automatic jitter is a quarter of the stride: 2 pixels for a stride of 8.
func TestAutomaticJitter(t *testing.T) {
	torchtest.Pin(t)
	model := newNet(t, `{"nodes":[{"name":"a","op":"conv","in":["input"],"out":2,"kernel":[8,8],"stride":[8,8],"dilation":[1,1],"groups":1},
		{"name":"gap","op":"gap","in":["a"]},{"name":"flat","op":"flatten","in":["gap"]},{"name":"fc","op":"linear","in":["flat"],"out":2}],
		"aliases":{"logits":"fc"}}`, 16, 16)
	pixels := func(auto bool, jitter float64) []byte {
		v := newViewer(t, model, 2)
		v.options.AutoJitter, v.options.Ascent.Transform.Jitter = auto, jitter
		results, err := v.Make(itemsOf(t, model, "a:0"))
		if err != nil {
			t.Fatal(err)
		}
		return results[0].Pixels
	}
	auto := pixels(true, 0)
	if !slices.Equal(auto, pixels(false, 2)) || slices.Equal(auto, pixels(false, 1)) {
		t.Error("automatic jitter is not a quarter of the stride")
	}
}

// A layer that is the picture itself is inverted exactly.
func TestInversionOfTheInputIsThePhoto(t *testing.T) {
	torchtest.Pin(t)
	model := newNet(t, linearNet, 4, 4)
	v := newViewer(t, model, 200)
	v.options.Ascent.Objective, v.options.Grouping = ascend.Target(objective.Inversion), ascend.ByUnit
	v.options.Ascent.Rate = optimize.Ramp{From: 0.1, To: 0.001}
	items := itemsOf(t, model, "flat", "flat", "flat")
	photos := newPhotos(3, 4, 4)
	for i := range items {
		items[i].Target = photos[i].Pixels
	}
	results, err := v.Make(items)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range results {
		for p, value := range r.Pixels {
			if far := float64(value) - 255*float64(photos[i].Pixels[p]); math.Abs(far) > 1.5 {
				t.Fatalf("photo %d: value %d is off by %v of 255", i, p, far)
			}
		}
	}
}

// The stride of a layer after pooling is that of the last maps, and jitter is a quarter of it.
func TestStrideIsTheLargestUpToTheLayer(t *testing.T) {
	model := newNet(t, convNet, 8, 8)
	rows, err := model.Graph.Table(model.Input)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]float64{"layer1:0": 2, "logits:0": 2, "layer2:0 + layer1:0": 2} {
		if got := stride(rows, unitsOf(t, model, text)[0]); got != want {
			t.Errorf("the stride of %s is %v, want %v", text, got, want)
		}
	}
	plain := newNet(t, linearNet, 4, 4)
	if rows, err = plain.Graph.Table(plain.Input); err != nil {
		t.Fatal(err)
	}
	if got := stride(rows, unitsOf(t, plain, "logits:0")[0]); got != 1 {
		t.Errorf("the stride without convolutions is %v", got)
	}
}

func TestDiversityIsMeasuredOnMaps(t *testing.T) {
	model := newNet(t, convNet, 8, 8)
	v := newViewer(t, model, 1)
	for text, want := range map[string]string{"layer1:0": "r", "layer2:0@1,1": "b", "logits:0": "b", "logits:0 - layer1:0": "r"} {
		if got, err := v.mapsUpTo(unitsOf(t, model, text)); got != want || err != nil {
			t.Errorf("%s: %q, %v; want %q", text, got, err, want)
		}
	}
	flat := newNet(t, linearNet, 4, 4)
	if got, err := newViewer(t, flat, 1).mapsUpTo(unitsOf(t, flat, "logits:0")); err == nil {
		t.Errorf("a net without maps: %q", got)
	}
}
