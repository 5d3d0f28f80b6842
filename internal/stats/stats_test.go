package stats

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"herbarium/internal/random"
)

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

func TestDistribute(t *testing.T) {
	want := &Distribution{N: 4, Median: 2.5, Mean: 4, Min: 1, Max: 10}
	if diff := cmp.Diff(want, Distribute([]float64{10, 1, 3, 2})); diff != "" {
		t.Error(diff)
	}
	if Distribute(nil) != nil {
		t.Error("a distribution of nothing")
	}
}

// The interval of a paired difference holds the true one in about 95% of samples.
func TestPairedIntervalCovers(t *testing.T) {
	for _, c := range []struct{ both, first, second float64 }{{0.5, 0.1, 0.1}, {0.3, 0.2, 0.05}, {0.8, 0.02, 0.01}} {
		held := 0
		const rounds = 2000
		for round := range uint64(rounds) {
			r := random.New(round, random.Key("paired"))
			a, b := make([]bool, 150), make([]bool, 150)
			for i := range a {
				switch u := r.Float64(); {
				case u < c.both:
					a[i], b[i] = true, true
				case u < c.both+c.first:
					a[i] = true
				case u < c.both+c.first+c.second:
					b[i] = true
				}
			}
			p := Pair(a, b)
			if p.Interval[0] <= c.first-c.second && c.first-c.second <= p.Interval[1] {
				held++
			}
		}
		if share := float64(held) / rounds; math.Abs(share-0.95) > 0.035 {
			t.Errorf("%v: the interval holds the truth in %v of samples", c, share)
		}
	}
	p := Pair([]bool{true, true, false}, []bool{true, false, false})
	if p.OnlyFirst != 1 || p.OnlySecond != 0 || p.Difference != 1.0/3 {
		t.Errorf("paired: %+v", p)
	}
}

// Two runs and three items by hand: runs differ from the mean 2/3 by 1/3, items by 1/3, 1/6 and 1/6. Mean squares: runs
// 3(1/9+1/9) = 2/3, items 2(1/9+1/36+1/36)/2 = 1/6, within 1/6: the variance is (2/3+0)/6 = 1/9, with 1 degree of
// freedom (t = 12.7062).
func TestCrossedByHand(t *testing.T) {
	ones := [][]float64{{1, 1, 1}, {1, 1, 1}}
	got, ok := Crossed([][]float64{{1, 0, 0}, {1, 1, 1}}, ones)
	if half := 12.7062 / 3; !ok || math.Abs(got.Value-2.0/3) > 1e-12 || math.Abs(got.Interval[1]-got.Value-half) > 1e-3 {
		t.Errorf("%+v, want 2/3 with %g to each side", got, half)
	}
	if got, _ := Crossed([][]float64{{1, 0, 1, 0}}, [][]float64{{1, 1, 1, 1}}); math.Abs(got.Interval[1]-0.5-normal95*math.Sqrt(1.0/12)) > 1e-12 {
		t.Errorf("one run: %+v", got)
	}
	if got, _ := Crossed([][]float64{{0, 0, 0}, {0, 0, 0}}, ones); got.Value != 0 || math.Abs(got.Interval[1]-(1-math.Pow(0.025, 1.0/3))) > 1e-12 {
		t.Errorf("nothing seen: %+v", got)
	}
	if _, ok := Crossed([][]float64{{0}}, [][]float64{{0}}); ok {
		t.Error("a mean of nothing")
	}
}

// The interval holds the true difference in about 95% of experiments in which runs, items and both together vary, over all
// items and over those only that another net gets right.
func TestCrossedIntervalCovers(t *testing.T) {
	const rounds, runs, items = 600, 5, 120
	for _, c := range []struct{ ofRuns, ofItems, within float64 }{{0, 1, 0.5}, {0.1, 1, 1}, {0.3, 0.3, 1}} {
		held, heldMasked := 0, 0
		for round := range uint64(rounds) {
			r := random.New(round, random.Key("crossed"))
			item := make([]float64, items)
			for i := range item {
				item[i] = c.ofItems * r.NormFloat64()
			}
			var value, masked, ones, mask [][]float64
			for range runs {
				run := c.ofRuns * r.NormFloat64()
				v, m, w, k := make([]float64, items), make([]float64, items), make([]float64, items), make([]float64, items)
				for i := range v {
					v[i], w[i] = 0.7+run+item[i]+c.within*r.NormFloat64(), 1
					if r.Float64() < 0.6 {
						m[i], k[i] = v[i], 1
					}
				}
				value, masked, ones, mask = append(value, v), append(masked, m), append(ones, w), append(mask, k)
			}
			if e, _ := Crossed(value, ones); e.Interval[0] <= 0.7 && 0.7 <= e.Interval[1] {
				held++
			}
			if e, _ := Crossed(masked, mask); e.Interval[0] <= 0.7 && 0.7 <= e.Interval[1] {
				heldMasked++
			}
		}
		for _, n := range []int{held, heldMasked} {
			if share := float64(n) / rounds; math.Abs(share-0.95) > 0.03 {
				t.Errorf("%+v: the interval holds the truth in %v of experiments", c, share)
			}
		}
	}
}

// A probability may be so small that its unit is infinite.
func TestRoundIsFinite(t *testing.T) {
	for _, v := range []float64{5e-324, 1e-320, 1.2345678e-308, -3e-310, math.MaxFloat64, 123456789, 0.1234567} {
		if got := Round(v); math.IsNaN(got) || math.Abs(got-v) > math.Abs(v)*1e-5 {
			t.Errorf("%v is rounded to %v", v, got)
		}
	}
	if got := RoundTo(7, 0.123456789); got != 0.1234568 {
		t.Error(got)
	}
}
