package score

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"herbarium/format"
	"herbarium/internal/graph"
	"herbarium/internal/images"
	"herbarium/internal/stats"
)

// twoHeads answers with 4 times the color and one more for green at its first head, and with 8 times the color at its last.
func twoHeads(t *testing.T) *graph.Net {
	conv := `{"name":%q,"op":"conv","in":[%q],"out":3,"kernel":[1,1],"stride":[1,1],"pad":[0,0],"dilation":[1,1],"groups":1,"bias":true}`
	head := `{"name":"%[1]s.mean","op":"gap","in":["%[1]s.map"]},{"name":%[1]q,"op":"flatten","in":["%[1]s.mean"]}`
	text := fmt.Sprintf(`{"nodes":[`+conv+`,`+conv+`,`+conv+`,%s,%s],"aliases":{"logits":"head2"}}`,
		"stem", "input", "head1.map", "stem", "head2.map", "stem", fmt.Sprintf(head, "head1"), fmt.Sprintf(head, "head2"))
	diagonal := func(name string, v float32, bias ...float32) []format.Tensor {
		return []format.Tensor{format.Of(name+".weight", []int{3, 3, 1, 1}, []float32{v, 0, 0, 0, v, 0, 0, 0, v}), format.Of(name+".bias", []int{3}, bias)}
	}
	params := append(diagonal("stem", 1, 0, 0, 0), diagonal("head1.map", 4, 0, 1, 0)...)
	return readNet(t, text, rgb, append(params, diagonal("head2.map", 8, 0, 0, 0)...)...)
}

// pale red is taken for green at the first head, with probability e/(e^0.8+e+1) = 0.458, and seen at the last.
var pale = [3]float32{0.2, 0, 0}

// sureRed is what the first head gives red: e^4/(e^4+e+1).
var sureRed = math.Exp(4) / (math.Exp(4) + math.E + 1)

// A map of 2x2 positions costs 3*3*4 = 36 multiply-adds: the first head 72, both 108.
func TestExitByHand(t *testing.T) {
	b := batch(rgb, picture{red, "red", ""}, picture{pale, "red", ""}, picture{color: red}, picture{red, "blue", ""})
	s := scorer(t, twoHeads(t), func(o *Options) { o.Exit = &Exit{Threshold: 0.9, Whole: true} })
	got := scored(t, s, b)
	e := got.Exit
	if e.Threshold != 0.9 || e.AllMACs != 108 || e.MACs != 81 || e.Saved != 0.25 || e.Chosen != nil {
		t.Errorf("%+v, want (72+108+72+72)/4 = 81 of 108 multiply-adds", e)
	}
	for i, head := range []string{"head1", "head2", "head1", "head1"} {
		if b.Items[i]["exit"] != head {
			t.Errorf("picture %d leaves at %v, want %s", i, b.Items[i]["exit"], head)
		}
	}
	near(t, "the probability at the first head", b.Items[0]["probability"], sureRed)
	near(t, "the probability at the last head", b.Items[1]["probability"], math.Exp(1.6)/(math.Exp(1.6)+2))
	first, last := e.Heads[0], e.Heads[1]
	if diff := cmp.Diff([]*stats.Share{stats.NewShare(3, 4), stats.NewShare(1, 2), stats.NewShare(1, 3)}, []*stats.Share{first.Left, first.Accuracy, first.Alone}); diff != "" {
		t.Errorf("first head: %s", diff)
	}
	if diff := cmp.Diff([]*stats.Share{stats.NewShare(1, 4), stats.NewShare(1, 1), stats.NewShare(2, 3)}, []*stats.Share{last.Left, last.Accuracy, last.Alone}); diff != "" {
		t.Errorf("last head: %s", diff)
	}
	if got.Accuracy.Count != 2 || got.Accuracy.Of != 3 {
		t.Errorf("accuracy %v", got.Accuracy)
	}
	if text := Headline(got); !strings.HasSuffix(text, "; early exits save 25.0% of the multiply-adds") {
		t.Error(text)
	}
	curve, heads := e.points()
	if n := len(curve.XYs); curve.XYs[0].X != 72e-6 || curve.XYs[n-1].X != 108e-6 || heads.XYs[0].X != 72e-6 || math.Abs(heads.XYs[1].Y-200.0/3) > 1e-3 {
		t.Errorf("curve %v, heads %v", curve.XYs, heads.XYs)
	}
}

// Pictures that leave are not computed any further, and the answers are the same; what no head says of all pictures is left
// out, and the time is reckoned.
func TestExitsThatSaveTime(t *testing.T) {
	var batches [2]*images.Batch
	var sums [2]Summary
	for i, whole := range []bool{true, false} {
		batches[i] = batch(rgb, picture{red, "red", ""}, picture{pale, "red", ""}, picture{color: red}, picture{red, "blue", ""})
		s := scorer(t, twoHeads(t), func(o *Options) { o.Batch, o.Exit = 3, &Exit{Threshold: 0.9, Whole: whole} })
		sums[i] = scored(t, s, batches[i])
		if saved := s.TimeSaved(); whole != (saved == 0) || saved < 0 || saved >= 1 {
			t.Errorf("whole %v: %g of the time is saved", whole, saved)
		}
	}
	if diff := cmp.Diff(batches[0].Items, batches[1].Items); diff != "" {
		t.Errorf("items of whole passes (-) and of those that stop (+):\n%s", diff)
	}
	sums[0].Exit.Anytime, sums[0].Exit.Heads[1].Alone = nil, nil
	if diff := cmp.Diff(sums[0], sums[1]); diff != "" {
		t.Errorf("summaries of whole passes (-) and of those that stop (+):\n%s", diff)
	}
}

// The threshold is the least that loses nothing on the validation photos: the first head is right about red, not about
// pale red.
func TestExitIsChosenOnValidationPhotos(t *testing.T) {
	for loss, want := range map[float64]float64{0: sureRed, 0.5: math.E / (math.Exp(0.8) + math.E + 1)} {
		val := &Photos{}
		if err := val.Add(batch(rgb, picture{red, "red", ""}, picture{pale, "red", ""}, picture{color: pale})); err != nil {
			t.Fatal(err)
		}
		s := scorer(t, twoHeads(t), func(o *Options) { o.Exit = &Exit{Validation: val, Name: "val.st.zst", Loss: loss} })
		e := scored(t, s, batch(rgb, picture{red, "red", ""})).Exit
		if math.Abs(e.Threshold-want) > 1e-5 || e.Chosen == nil || e.Chosen.Accuracy.Of != 2 {
			t.Errorf("loss %g: threshold %g, want %g; chosen %+v", loss, e.Threshold, want, e.Chosen)
		}
	}
	s := New(Options{Net: onCPU, Batch: 2, Exit: &Exit{Validation: &Photos{}, Name: "val.st.zst"}})
	if err := s.Use(twoHeads(t)); err == nil || err.Error() != "val.st.zst has no labeled photos of this net's classes to choose a threshold on" {
		t.Error(err)
	}
}

func TestExitsThatCannotBe(t *testing.T) {
	s := New(Options{Net: onCPU, Batch: 2, Exit: &Exit{Threshold: 0.5}})
	if err := s.Use(times4(t)); err == nil || !strings.Contains(err.Error(), "no heads that are the mean of a map") {
		t.Error(err)
	}
	s = scorer(t, twoHeads(t), func(o *Options) {
		o.Exit, o.Warnf = &Exit{Threshold: 0.5}, func(string, ...any) {}
	})
	larger := batch(rgb, picture{red, "red", "large.jpg"})
	larger.Height, larger.F32 = 4, append(larger.F32, larger.F32...)
	err := s.Score(batch(rgb, picture{red, "red", ""}))
	if err == nil {
		err = s.Score(larger)
	}
	if err == nil || err.Error() != "item 0 (large.jpg): a picture of 4x2 after some of 2x2, which cost other multiply-adds" {
		t.Error(err)
	}
}

// The maps of the heads are the picture itself, times 4 and times 8; with their biases they make the logits.
func TestEvidence(t *testing.T) {
	b := batch(rgb, picture{red, "red", ""})
	copy(b.F32, []float32{0, 1, 0.5, 0.5})
	if err := scorer(t, twoHeads(t), func(o *Options) { o.Explain, o.ExplainClass = []string{Evidence}, "red" }).Score(b); err != nil {
		t.Fatal(err)
	}
	names, heat, err := b.Heat()
	if err != nil {
		t.Fatal(err)
	}
	values, _ := format.Values[float32](&heat)
	if diff := cmp.Diff([]string{"head1", "head2"}, names); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]float32{0, 4, 2, 2, 0, 8, 4, 4}, values); diff != "" {
		t.Error(diff)
	}
	want := map[string]any{"head1": map[string]any{"logit": 2.0, "bias": 0.0}, "head2": map[string]any{"logit": 4.0, "bias": 0.0}}
	if diff := cmp.Diff(want, b.Items[0]["evidence"]); diff != "" {
		t.Error(diff)
	}
	if _, ok := b.Items[0]["exit"]; ok || b.Items[0]["predicted"] != "red" {
		t.Errorf("without a threshold the last head answers: %v", b.Items[0])
	}
}

func TestPlotNeedsLabels(t *testing.T) {
	s := scorer(t, twoHeads(t), func(o *Options) { o.Exit = &Exit{Threshold: 0.9, Whole: true} })
	got := scored(t, s, batch(rgb, picture{color: red}))
	if _, err := PlotAnytime([]Summary{got}, ""); err == nil || !strings.Contains(err.Error(), "no labeled images") {
		t.Error(err)
	}
}
