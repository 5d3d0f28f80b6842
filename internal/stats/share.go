// Package stats sums up measurements: shares and distributions with their intervals, and differences between nets that
// were measured on the same items.
package stats

import (
	"fmt"
	"math"
	"slices"
)

// normal95 is how many deviations to both sides hold 95% of a normal distribution.
const normal95 = 1.959963984540054

// Share is a number of successes with the interval that holds the true share in 95% of such samples.
type Share struct {
	Count    int        `json:"count"`
	Of       int        `json:"of"`
	Share    float64    `json:"share"`
	Interval [2]float64 `json:"interval95"`
}

// NewShare is nil for a share of nothing. The interval is Wilson's score interval (Journal of the American Statistical
// Association 22, 1927), which holds for small numbers and for shares near 0 and 1, too.
func NewShare(count, of int) *Share {
	if of == 0 {
		return nil
	}
	const z = normal95
	n, p := float64(of), float64(count)/float64(of)
	center := (p + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	return &Share{count, of, Round(p), [2]float64{Round(math.Max(center-half, 0)), Round(math.Min(center+half, 1))}}
}

// String is "91.5% (915 of 1000; 95% interval 89.6% to 93.1%)".
func (s *Share) String() string {
	return fmt.Sprintf("%s (%d of %d; 95%% interval %s to %s)", Percent(s.Share), s.Count, s.Of, Percent(s.Interval[0]), Percent(s.Interval[1]))
}

// Percent is "91.5%".
func Percent(share float64) string { return fmt.Sprintf("%.1f%%", 100*share) }

// Distribution describes measures of several pictures.
type Distribution struct {
	N      int     `json:"n"`
	Median float64 `json:"median"`
	Mean   float64 `json:"mean"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
}

// Distribute is nil for no values.
func Distribute(values []float64) *Distribution {
	n := len(values)
	if n == 0 {
		return nil
	}
	sorted := slices.Sorted(slices.Values(values))
	sum := 0.0
	for _, v := range sorted {
		sum += v
	}
	return &Distribution{n, Round((sorted[(n-1)/2] + sorted[n/2]) / 2), Round(sum / float64(n)), Round(sorted[0]), Round(sorted[n-1])}
}

// Round keeps six significant digits: more would be noise.
func Round(v float64) float64 { return RoundTo(6, v) }

// RoundTo keeps so many significant digits.
func RoundTo(digits int, v float64) float64 {
	if v == 0 || math.IsInf(v, 0) || math.IsNaN(v) {
		return v
	}
	unit := math.Pow(10, float64(digits)-1-math.Floor(math.Log10(math.Abs(v))))
	if rounded := math.Round(v*unit) / unit; !math.IsNaN(rounded) && !math.IsInf(rounded, 0) {
		return rounded
	}
	return v // so near to zero, or so large, that its unit is no number
}
