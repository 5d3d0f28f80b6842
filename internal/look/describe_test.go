package look

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"herbarium/internal/ascend"
	"herbarium/internal/images"
	"herbarium/internal/torchtest"
)

var rounded = cmpopts.EquateApprox(1e-5, 0) // items have six digits

func describe(t *testing.T, v *Viewer, it ascend.Item, r ascend.Result) (images.Item, int) {
	t.Helper()
	item, label, err := v.Describe(it, r)
	if err != nil {
		t.Fatal(err)
	}
	return item, label
}

// What items say, of a picture whose numbers are known: black, but for the left column, which is white, and one gray value.
func TestDescribeInClosedForm(t *testing.T) {
	torchtest.Pin(t)
	model := newNet(t, linearNet, 4, 4)
	setStatistic(model, "max.fc", 2, 4)
	v := newViewer(t, model, 7)
	pixels := make([]byte, 3*4*4)
	for i := range pixels {
		if i%4 == 0 {
			pixels[i] = 255
		}
	}
	pixels[47] = 51 // 0.2 in the corner: two neighbors
	r := ascend.Result{Pixels: pixels, Start: 0.25, End: 3, Steps: 7, Logits: []float32{1, 3}, Measures: map[string]float64{"likeness": 0.5}}
	items := itemsOf(t, model, "logits:rose", "logits:daisy - logits:rose", "- logits:rose", "flat:1")
	items[0].Restart = 2
	const scale = 80.0 / 255 / 6.5
	want := images.Item{"name": "logits:rose", "unit": "logits:rose", "seed": uint64(5), "restart": 2, "steps": 7, "start": 0.25, "end": 3.0,
		"saturated": 47.0 / 48, "variation": (12 + 2*0.2*0.2) / (scale * scale * 16), "times_max": 3.0 / 4, "likeness": 0.5,
		"predicted": "rose", "class": "rose", "probability": 1 / (1 + math.Exp(-2)), "margin": 2.0}
	got, label := describe(t, v, items[0], r)
	if diff := cmp.Diff(want, got, rounded); diff != "" || label != 1 {
		t.Errorf("label %d: %s", label, diff)
	}
	for _, item := range items[1:] { // not one class
		got, label := describe(t, v, item, r)
		_, class := got["class"]
		_, times := got["times_max"]
		if label != images.NoLabel || class || times || got["predicted"] != "rose" {
			t.Errorf("%s: label %d, %v", item.Name, label, got)
		}
	}
	items[0].Target = images.Intensities(pixels) // a picture of a photo does not show the class
	if got, label := describe(t, v, items[0], r); label != images.NoLabel || got["class"] != nil || got["times_max"] != nil {
		t.Errorf("of a photo: label %d, %v", label, got)
	}
	r.Logits = []float32{1, float32(math.NaN())} // nothing is said of logits that are no numbers
	if got, label := describe(t, v, items[0], r); label != images.NoLabel || got["predicted"] != nil {
		t.Errorf("without logits: label %d, %v", label, got)
	}
	r.Dead = true
	if got, _ := describe(t, v, items[0], r); got.Text("warning") == "" {
		t.Error("a dead unit without a warning")
	}
}

// Positions are compared with the largest single value on photos, channels with the largest mean.
func TestTimesMaxUsesTheReductionOfTheUnit(t *testing.T) {
	torchtest.Pin(t)
	model := newNet(t, convNet, 8, 8)
	setStatistic(model, "max.b", 2, 4, 0)
	setStatistic(model, "peak.b", 5, 10, 20)
	v := newViewer(t, model, 1)
	r := ascend.Result{Pixels: make([]byte, 3*8*8), End: 20, Logits: []float32{0, 0}}
	for text, want := range map[string]any{"b:1": 5.0, "b:1@2,2": 2.0, "b:2@0,0": 1.0, "b:2": nil, "b": nil, "2 b:1": nil, "a:1": nil} {
		item, _ := describe(t, v, itemsOf(t, model, text)[0], r)
		if got := item["times_max"]; got != want {
			t.Errorf("%s: %v times the largest, want %v", text, got, want)
		}
	}
}

func TestCompareWithThePhoto(t *testing.T) {
	torchtest.Pin(t)
	model := newNet(t, convNet, 8, 8)
	setStatistic(model, "apart.b", 4)
	v := newViewer(t, model, 1)
	photo := Photo{Height: 8, Width: 8, Pixels: make([]float32, 3*8*8)} // black
	r := ascend.Result{Pixels: make([]byte, 3*8*8), Measures: map[string]float64{"error": 0.5, "norm": 6, "gain": 1.25, "cosine": 0.75}}
	for i := range r.Pixels {
		r.Pixels[i] = 51 // 0.2 away everywhere
	}
	item := images.Item{"unit": "layer2"}
	if err := v.Compare(item, r, &photo, []string{"error", "gain"}); err != nil {
		t.Fatal(err)
	}
	want := images.Item{"unit": "layer2", "error": map[string]any{"layer2": 0.5}, "gain": 1.25, "psnr": -20 * math.Log10(0.2), "source_variation": 0.0}
	if diff := cmp.Diff(want, item, rounded); diff != "" {
		t.Error(diff)
	}
	r.Pixels = make([]byte, 3*8*8) // an exact copy has no signal-to-noise ratio
	item = images.Item{}
	if err := v.Compare(item, r, &photo, nil); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(images.Item{"source_variation": 0.0}, item); diff != "" {
		t.Error(diff)
	}
	for text, want := range map[string]float64{"layer2": 0.5 * 6 / 4, "layer1": 0, "layer2:0": 0, "layer2@1,1": 0} {
		got, ok := v.ErrorBetween(unitsOf(t, model, text)[0], r)
		if ok != (want > 0) || math.Abs(got-want) > 1e-6 {
			t.Errorf("%s: %v, %v; want %v", text, got, ok, want)
		}
	}
}
