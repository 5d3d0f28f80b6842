package score

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"herbarium/format"
	"herbarium/internal/graph"
	"herbarium/internal/images"
	"herbarium/internal/measure"
	"herbarium/internal/net"
	"herbarium/internal/stats"
	"herbarium/internal/torch"
	"herbarium/internal/torchtest"
)

var rgb = []string{"red", "green", "blue"}

// linearNet has logits weights*color, with weights [classes][3] and the mean color of a picture, so that every number can be
// computed by hand.
func linearNet(t *testing.T, classes []string, weights ...[3]float32) *graph.Net {
	t.Helper()
	var flat []float32
	for _, row := range weights {
		flat = append(flat, row[:]...)
	}
	return torchtest.MeanColor(classes, flat, make([]float32, len(weights)))
}

func readNet(t *testing.T, text string, classes []string, params ...format.Tensor) *graph.Net {
	t.Helper()
	n := &graph.Net{Arch: "tiny", Graph: &graph.Graph{}, Classes: classes, Input: graph.Shape{3, 2, 2}, Params: map[string]format.Tensor{}}
	if err := json.Unmarshal([]byte(text), n.Graph); err != nil {
		t.Fatal(err)
	}
	for _, p := range params {
		n.Params[p.Name] = p
	}
	if err := n.Graph.CheckParams(n.Input, n.Params); err != nil {
		t.Fatal(err)
	}
	return n
}

// times4 has logits of four times red, green and blue.
func times4(t *testing.T) *graph.Net {
	return linearNet(t, rgb, [3]float32{4, 0, 0}, [3]float32{0, 4, 0}, [3]float32{0, 0, 4})
}

var onCPU = net.Options{Device: torch.CPU, DType: torch.F32}

// picture is one of a single color.
type picture struct {
	color [3]float32
	label string // "" for none
	name  string
}

// batch holds pictures of 2x2 pixels, with labels among classes.
func batch(classes []string, pictures ...picture) *images.Batch {
	b := &images.Batch{Classes: classes, Height: 2, Width: 2}
	for i, p := range pictures {
		for _, v := range p.color {
			b.F32 = append(b.F32, v, v, v, v)
		}
		b.Labels = append(b.Labels, int64(slices.Index(classes, p.label)))
		name := p.name
		if name == "" {
			name = fmt.Sprint("picture ", i)
		}
		b.Items = append(b.Items, images.Item{"name": name})
	}
	return b
}

var (
	red   = [3]float32{1, 0, 0}
	green = [3]float32{0, 1, 0}
	blue  = [3]float32{0, 0, 1}
)

// scorer has a net in use; edit may change its options.
func scorer(t *testing.T, model *graph.Net, edit func(*Options)) *Scorer {
	t.Helper()
	torchtest.Pin(t)
	o := Options{Net: onCPU, Batch: 2, ExplainClass: Predicted,
		Warnf: func(layout string, args ...any) { t.Errorf("warning: "+layout, args...) }}
	if edit != nil {
		edit(&o)
	}
	s := New(o)
	t.Cleanup(s.Close)
	if err := s.Use(model); err != nil {
		t.Fatal(err)
	}
	return s
}

func scored(t *testing.T, s *Scorer, b *images.Batch) Summary {
	t.Helper()
	if err := s.Score(b); err != nil {
		t.Fatal(err)
	}
	all := s.Summaries()
	if len(all) != 1 {
		t.Fatalf("%d summaries", len(all))
	}
	return all[0]
}

// near compares with six digits, as items hold them.
func near(t *testing.T, what string, got any, want float64) {
	t.Helper()
	if v, ok := got.(float64); !ok || math.Abs(v-want) > 5e-6*(1+math.Abs(want)) {
		t.Errorf("%s is %v, want %g", what, got, want)
	}
}

// Logits of 4, 0 and 0 give the first class the probability e^4/(e^4+2).
func TestScoreByHand(t *testing.T) {
	sure := math.Exp(4) / (math.Exp(4) + 2)
	b := batch([]string{"blue", "red", "green"}, picture{red, "red", ""}, picture{red, "green", ""}, picture{blue, "blue", ""}, picture{color: green})
	b.Items[1]["exit"], b.Items[3]["correct"] = "head8", true // from an earlier run
	got := scored(t, scorer(t, times4(t), nil), b)

	for i, want := range []images.Item{
		{"name": "picture 0", "predicted": "red", "correct": true},
		{"name": "picture 1", "predicted": "red", "correct": false},
		{"name": "picture 2", "predicted": "blue", "correct": true},
		{"name": "picture 3", "predicted": "green"},
	} {
		item := b.Items[i]
		near(t, "probability", item["probability"], sure)
		near(t, "margin", item["margin"], 4)
		switch i {
		case 1:
			near(t, "label_probability", item["label_probability"], (1-sure)/2)
		case 3:
			if _, ok := item["label_probability"]; ok {
				t.Error("a picture without label has a probability of its label")
			}
		default:
			near(t, "label_probability", item["label_probability"], sure)
		}
		for _, key := range []string{"probability", "margin", "label_probability"} {
			delete(item, key)
		}
		if diff := cmp.Diff(want, item); diff != "" {
			t.Error(diff)
		}
	}
	near(t, "cross-entropy", *got.CrossEntropy, -(2*math.Log(sure)+math.Log((1-sure)/2))/3)
	got.CrossEntropy = nil
	want := Summary{Net: "tiny", Summary: measure.Summary{Images: 4, Labeled: 3, Accuracy: stats.NewShare(2, 3),
		Classes: []measure.PerClass{
			{Class: "red", Recall: stats.NewShare(1, 1), Precision: stats.NewShare(1, 2), Predicted: 2},
			{Class: "green", Recall: stats.NewShare(0, 1), Predicted: 1}, // of no labeled picture
			{Class: "blue", Recall: stats.NewShare(1, 1), Precision: stats.NewShare(1, 1), Predicted: 1},
		},
		Confusion: []measure.Confusion{{Class: "red", Predicted: "red", N: 1}, {Class: "green", Predicted: "red", N: 1}, {Class: "blue", Predicted: "blue", N: 1}},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Logits that fall from class to class: the fifth class is among the first five, the sixth is not.
func TestTop5(t *testing.T) {
	classes := []string{"a", "b", "c", "d", "e", "f", "g"}
	var weights [][3]float32
	for k := range classes {
		weights = append(weights, [3]float32{-float32(k), 0, 0})
	}
	got := scored(t, scorer(t, linearNet(t, classes, weights...), nil), batch(classes, picture{red, "a", ""}, picture{red, "e", ""}, picture{red, "f", ""}))
	if diff := cmp.Diff(stats.NewShare(2, 3), got.Top5); diff != "" || got.Accuracy.Count != 1 {
		t.Errorf("accuracy %v, among the first 5 %v", got.Accuracy, got.Top5)
	}
}

// Each net has a summary of its own, if it has seen pictures.
func TestSummariesByNet(t *testing.T) {
	s := scorer(t, times4(t), nil)
	swapped := linearNet(t, rgb, [3]float32{0, 4, 0}, [3]float32{4, 0, 0}, [3]float32{0, 0, 4})
	swapped.Arch = "swapped"
	for _, model := range []*graph.Net{nil, swapped, swapped} { // nothing is shown to the last
		if model != nil {
			if err := s.Use(model); err != nil {
				t.Fatal(err)
			}
		}
		if len(s.done) < 2 {
			if err := s.Score(batch(rgb, picture{red, "red", ""})); err != nil {
				t.Fatal(err)
			}
		}
	}
	all := s.Summaries()
	if len(all) != 2 || all[0].Net != "tiny" || all[0].Accuracy.Count != 1 || all[1].Net != "swapped" || all[1].Accuracy.Count != 0 || s.Images() != 2 {
		t.Errorf("%+v of %d images", all, s.Images())
	}
}

func TestWhatCannotBeScored(t *testing.T) {
	s := scorer(t, times4(t), nil)
	if err := s.Score(batch([]string{"red", "rose"}, picture{red, "rose", ""})); err == nil || err.Error() != `the net has no class "rose"; its classes are "red", "green", "blue"` {
		t.Error(err)
	}
	nan := float32(math.NaN())
	if err := s.Score(batch(rgb, picture{red, "red", ""}, picture{[3]float32{nan, 0, 0}, "red", "broken.jpg"})); err == nil || !strings.HasPrefix(err.Error(), "item 1 (broken.jpg): the net gives logits that are not numbers") {
		t.Error(err)
	}
	if err := s.Use(readNet(t, `{"nodes":[{"name":"relu","op":"relu","in":["input"]}],"aliases":{"logits":"relu"}}`, nil)); err == nil {
		t.Error("maps pass for logits")
	}
}

// A net that names no classes predicts numbers, says so once, and compares no labels. One made for another size says so, too.
func TestWarnings(t *testing.T) {
	var warnings []string
	model := times4(t)
	model.Classes, model.Input = nil, graph.Shape{3, 4, 4}
	s := scorer(t, model, func(o *Options) {
		o.Warnf = func(layout string, args ...any) { warnings = append(warnings, fmt.Sprintf(layout, args...)) }
	})
	b := batch(rgb, picture{blue, "blue", ""})
	if err := s.Score(b); err != nil {
		t.Fatal(err)
	}
	if got := scored(t, s, b); got.Accuracy != nil || b.Items[0]["predicted"] != "2" {
		t.Errorf("%+v, item %v", got, b.Items[0])
	}
	want := []string{"the net does not name its classes: predictions are numbers, and labels are not compared; adopt --classes FILE names them",
		"images are 2x2 and the net was made for 4x4; ingest --for NET makes them fit"}
	if diff := cmp.Diff(want, warnings); diff != "" {
		t.Error(diff)
	}
}

// The judge takes red for green. Pictures are meant to be what their unit names, else their label.
func TestJudge(t *testing.T) {
	b := batch(rgb, picture{red, "red", ""}, picture{blue, "blue", ""}, picture{color: green})
	b.Items[1]["unit"] = "logits:red"
	s := scorer(t, times4(t), func(o *Options) {
		var err error
		if o.Judge, err = measure.NewClassifier(linearNet(t, rgb, [3]float32{0, 4, 0}, [3]float32{4, 0, 0}, [3]float32{0, 0, 4}), nil, o.Net); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(o.Judge.Close)
	})
	got := scored(t, s, b).Judge
	sure := math.Exp(4) / (math.Exp(4) + 2)
	if diff := cmp.Diff([]*stats.Share{stats.NewShare(1, 3), stats.NewShare(0, 2)}, []*stats.Share{got.Agreement, got.Targets}); diff != "" {
		t.Error(diff)
	}
	near(t, "the probability of what is meant", got.Probability.Mean, (1-sure)/2)
	for i, want := range []string{"green", "blue", "red"} {
		if b.Items[i]["judge_predicted"] != want {
			t.Errorf("picture %d: %v", i, b.Items[i])
		}
	}
	if _, ok := b.Items[2]["judge_correct"]; ok {
		t.Error("a picture that is meant to be nothing is judged")
	}
}

// Grad-CAM of a map that is the picture itself: with weights 4 on the mean of the four pixels, alpha is 1 for the class's
// channel, so that the heat is that channel.
func TestGradCAM(t *testing.T) {
	model := readNet(t, `{"nodes":[{"name":"same","op":"relu","in":["input"]},{"name":"mean","op":"gap","in":["same"]},{"name":"flat","op":"flatten","in":["mean"]},
		{"name":"fc","op":"linear","in":["flat"],"out":3}],"aliases":{"logits":"fc"}}`, rgb, times4(t).Params["fc.weight"])
	for class, want := range map[string][]float32{Predicted: {0, 1, 0.5, 0}, Label: {0, 0, 0, 0}, "red": {0, 1, 0.5, 0}} {
		b := batch(rgb, picture{red, "blue", ""})
		copy(b.F32, []float32{0, 1, 0.5, 0})
		if err := scorer(t, model, func(o *Options) { o.Explain, o.ExplainClass = []string{GradCAM}, class }).Score(b); err != nil {
			t.Fatal(err)
		}
		names, heat, err := b.Heat()
		if err != nil || !slices.Equal(names, []string{"same"}) {
			t.Fatal(names, err)
		}
		values, _ := format.Values[float32](&heat)
		if !slices.EqualFunc(values, want, func(a, b float32) bool { return math.Abs(float64(a-b)) < 1e-6 }) {
			t.Errorf("%s: %v, want %v", class, values, want)
		}
		if explained := map[string]string{Predicted: "red", Label: "blue", "red": "red"}[class]; b.Items[0]["explained"] != explained {
			t.Errorf("%s: explained %v", class, b.Items[0]["explained"])
		}
	}
	s := New(Options{Net: onCPU, Explain: []string{GradCAM}, ExplainClass: "rose"})
	if err := s.Use(model); err == nil || !strings.Contains(err.Error(), `--explain-class: the net has no class "rose"`) {
		t.Error(err)
	}
}
