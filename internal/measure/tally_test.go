package measure

import (
	"math"
	"testing"

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

// TestWilson: 81 of 263 is the example of Newcombe, Statistics in Medicine 17, 1998, table I (0.2553 to 0.3662); the other
// values are the roots p of (share - p)^2 = z^2 p (1 - p)/n, found by numpy.
func TestWilson(t *testing.T) {
	for _, test := range []struct {
		k, n     int
		low, top float64
	}{
		{0, 10, 0, 0.277533}, {10, 10, 0.722467, 1}, {915, 1000, 0.896087, 0.930737}, {1, 2, 0.0945312, 0.905469}, {81, 263, 0.255289, 0.36621},
	} {
		s := NewShare(test.k, test.n)
		if math.Abs(s.Interval[0]-test.low) > 2e-6 || math.Abs(s.Interval[1]-test.top) > 2e-6 || s.Count != test.k || s.Of != test.n {
			t.Errorf("%d of %d: %+v, want %g to %g", test.k, test.n, s, test.low, test.top)
		}
	}
	if NewShare(0, 0) != nil {
		t.Error("a share of nothing")
	}
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
	if got.Images != 9 || got.Labelled != 7 || got.Accuracy.Count != 3 || got.Accuracy.Of != 7 {
		t.Errorf("%+v, accuracy %+v", got, got.Accuracy)
	}
	// Of equal logits the first win: class 5 is the sixth of a picture seen as class 0.
	if got.Top5.Count != 6 || got.Top5.Of != 7 {
		t.Errorf("top 5: %+v", got.Top5)
	}
	z := math.Exp(2) + 5
	if want := Round((3*(math.Log(z)-2) + 4*math.Log(z)) / 7); *got.CrossEntropy != want {
		t.Errorf("cross-entropy %g, want %g", *got.CrossEntropy, want)
	}
	want := []Confusion{{"a", "a", 2}, {"a", "c", 2}, {"a", "b", 1}, {"b", "b", 1}, {"f", "a", 1}}
	if diff := cmp.Diff(want, got.Confusion); diff != "" {
		t.Error(diff)
	}
	classes := []PerClass{
		{"a", NewShare(2, 5), NewShare(2, 3), 3}, {"b", NewShare(1, 1), NewShare(1, 2), 3}, {"c", nil, NewShare(0, 2), 2},
		{"e", nil, nil, 1}, {"f", NewShare(0, 1), nil, 0},
	}
	if diff := cmp.Diff(classes, got.Classes); diff != "" {
		t.Error(diff)
	}
	if few := NewTally([]string{"a", "b"}); few.Summary().Top5 != nil || few.Summary().Accuracy != nil {
		t.Error("2 classes have a top 5, or nothing an accuracy")
	}
}

func TestDistribute(t *testing.T) {
	want := &Distribution{N: 4, Median: 2.5, Mean: 4, Min: 1, Max: 10}
	if diff := cmp.Diff(want, Distribute([]float64{10, 1, 3, 2})); diff != "" {
		t.Error(diff)
	}
	if Distribute(nil) != nil {
		t.Error("a distribution of nothing")
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
	if got := Variation(gray, 4, 5); got != 0 {
		t.Errorf("one colour varies by %g", got)
	}
	const v = 80.0 / 255 / 6.5
	if got, want := Variation(ramp, 4, 5), 12*4*0.01/(v*v*20); math.Abs(got-want) > 1e-5*want {
		t.Errorf("a ramp varies by %g, want %g", got, want)
	}
}
