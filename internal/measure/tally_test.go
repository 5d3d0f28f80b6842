package measure

import (
	"math"
	"slices"
	"testing"

	"herbarium/internal/stats"
	"herbarium/internal/torchtest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestPredict(t *testing.T) {
	for _, test := range []struct {
		logits []float32
		want   Prediction
	}{
		{[]float32{0, 0}, Prediction{0, 0.5, 0}},
		{[]float32{1, 3, 2}, Prediction{1, 1 / (1 + math.Exp(-1) + math.Exp(-2)), 1}},
		{[]float32{1e30, -1e30, 0}, Prediction{0, 1, float64(float32(1e30))}}, // no overflow
	} {
		got := Predict(test.logits)
		if got.Class != test.want.Class || math.Abs(got.Probability-test.want.Probability) > 1e-12 || got.Margin != test.want.Margin {
			t.Errorf("%v: %+v, want %+v", test.logits, got, test.want)
		}
	}
}

func TestProbabilitiesAndRanks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		logits := rapid.SliceOfN(rapid.Float32Range(-50, 50), 2, 20).Draw(t, "logits")
		sum, ranks := 0.0, map[int]bool{}
		for k := range logits {
			sum += math.Exp(LogProbability(logits, k))
			ranks[Rank(logits, k)] = true
		}
		if math.Abs(sum-1) > 1e-9 {
			t.Fatalf("probabilities sum to %g", sum)
		}
		if len(ranks) != len(logits) {
			t.Fatalf("ranks %v of %v", ranks, logits)
		}
		if p := Predict(logits); Rank(logits, p.Class) != 0 || p.Margin < 0 {
			t.Fatalf("%+v has rank %d", p, Rank(logits, p.Class))
		}
	})
}

func TestSummary(t *testing.T) {
	tally := NewTally([]string{"a", "b", "c", "unseen", "e", "f"})
	one := func(k int) []float32 {
		logits := make([]float32, 6)
		logits[k] = 2
		return logits
	}
	for _, pair := range [][2]int{{0, 0}, {0, 0}, {0, 1}, {0, 2}, {0, 2}, {1, 1}, {NoClass, 1}, {NoClass, 4}, {5, 0}} {
		tally.Add(pair[0], one(pair[1]))
	}
	got := tally.Summary()
	if got.Images != 9 || got.Labeled != 7 || got.Accuracy.Count != 3 || got.Accuracy.Of != 7 {
		t.Errorf("%+v, accuracy %+v", got, got.Accuracy)
	}
	// Of equal logits the first win: class 5 is the sixth of a picture seen as class 0.
	if got.Top5.Count != 6 || got.Top5.Of != 7 {
		t.Errorf("top 5: %+v", got.Top5)
	}
	z := math.Exp(2) + 5
	if want := stats.Round((3*(math.Log(z)-2) + 4*math.Log(z)) / 7); *got.CrossEntropy != want {
		t.Errorf("cross-entropy %g, want %g", *got.CrossEntropy, want)
	}
	want := []Confusion{{"a", "a", 2}, {"a", "c", 2}, {"a", "b", 1}, {"b", "b", 1}, {"f", "a", 1}}
	if diff := cmp.Diff(want, got.Confusion); diff != "" {
		t.Error(diff)
	}
	classes := []PerClass{
		{"a", stats.NewShare(2, 5), stats.NewShare(2, 3), 3}, {"b", stats.NewShare(1, 1), stats.NewShare(1, 2), 3}, {"c", nil, stats.NewShare(0, 2), 2},
		{"e", nil, nil, 1}, {"f", stats.NewShare(0, 1), nil, 0},
	}
	if diff := cmp.Diff(classes, got.Classes); diff != "" {
		t.Error(diff)
	}
	if few := NewTally([]string{"a", "b"}); few.Summary().Top5 != nil || few.Summary().Accuracy != nil {
		t.Error("2 classes have a top 5, or nothing an accuracy")
	}
}

func TestPSNRAndVariationInClosedForm(t *testing.T) {
	gray := make([]float32, 3*4*5)
	off := make([]float32, len(gray))
	ramp := make([]float32, len(gray))
	for i := range gray {
		gray[i], off[i] = 0.5, 0.6
		ramp[i] = float32(i%5) / 10 // 0.1 from column to column: 4 steps in each of 12 rows of 3 channels
	}
	if got := PSNR(off, gray); math.Abs(got-20) > 1e-5 {
		t.Errorf("a difference of a tenth: %g dB, want 20", got)
	}
	if got := PSNR(gray, gray); !math.IsInf(got, 1) {
		t.Errorf("a copy: %g dB", got)
	}
	torchtest.Pin(t)
	got, err := Variation(slices.Concat(gray, ramp), []int{3, 4, 5})
	if err != nil || len(got) != 2 {
		t.Fatalf("variations %v, error %v", got, err)
	}
	const v = 80.0 / 255 / 6.5
	if want := 12 * 4 * 0.01 / (v * v * 20); got[0] != 0 || math.Abs(got[1]-want) > 1e-6*want {
		t.Errorf("one color and a ramp vary by %v, want 0 and %g", got, want)
	}
}
