package stats

import "math"

// Paired compares two nets on the same items: how many only the first, and only the second, got right.
type Paired struct {
	Items      int        `json:"items"`
	OnlyFirst  int        `json:"only_first"`
	OnlySecond int        `json:"only_second"`
	Difference float64    `json:"difference"` // first minus second, in [-1,1]
	Interval   [2]float64 `json:"interval95"`
}

// Pair compares outcomes item by item. The interval is Wald's after half a pair has been added to each of the four
// cells (Agresti and Min 2005, Statistics in Medicine 24, section 3).
func Pair(first, second []bool) Paired {
	p := Paired{Items: len(first)}
	for i := range first {
		switch {
		case first[i] && !second[i]:
			p.OnlyFirst++
		case second[i] && !first[i]:
			p.OnlySecond++
		}
	}
	const z = normal95
	n, b, c := float64(p.Items)+2, float64(p.OnlyFirst)+0.5, float64(p.OnlySecond)+0.5
	d := (b - c) / n
	half := z * math.Sqrt(math.Max(0, b+c-(b-c)*(b-c)/n)) / n
	p.Difference = float64(p.OnlyFirst-p.OnlySecond) / math.Max(1, float64(p.Items))
	p.Interval = [2]float64{math.Max(-1, d-half), math.Min(1, d+half)}
	return p
}
