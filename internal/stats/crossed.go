package stats

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Estimate is a mean with the interval that holds the true one in 95% of such experiments.
type Estimate struct {
	Value    float64    `json:"value"`
	Interval [2]float64 `json:"interval95"`
}

// Crossed estimates sum(value)/sum(weight), both [run][item], where both the runs (seeds of training) and the items are
// samples of many more, and every run has met every item: what a new run would give on new items. Of a difference of two
// nets, value holds the differences, so that it is paired; weight 0 leaves an item out of a run.
//
// The variance is that of a two-way layout with random runs and items, with Hillis's degrees of freedom for Student's t
// (Hillis 2007, Statistics in Medicine 26, equations 7 and 11, with runs for readers and items for cases); a ratio is
// linearized. One run says nothing of others: then only the items count. Where no item differs from any other the
// variance says nothing, and the interval is that of an event not yet seen in so many items.
//
// It is false where all weights are zero.
func Crossed(value, weight [][]float64) (Estimate, bool) {
	sum, all := 0.0, 0.0
	for s := range value {
		for i := range value[s] {
			sum += value[s][i]
			all += weight[s][i]
		}
	}
	if all == 0 {
		return Estimate{}, false
	}
	mean := sum / all
	runs, items := float64(len(value)), float64(len(value[0]))
	byRun, byItem := make([]float64, len(value)), make([]float64, len(value[0]))
	for s := range value {
		for i := range value[s] {
			e := (value[s][i] - mean*weight[s][i]) * runs * items / all
			byRun[s] += e / items
			byItem[i] += e / runs
		}
	}
	var within, ofRuns, ofItems float64
	for s := range value {
		ofRuns += byRun[s] * byRun[s]
		for i := range value[s] {
			e := (value[s][i]-mean*weight[s][i])*runs*items/all - byRun[s] - byItem[i]
			within += e * e
		}
	}
	for _, e := range byItem {
		ofItems += e * e
	}
	half := 0.0
	switch {
	case len(value) == 1 && items > 1:
		half = normal95 * math.Sqrt(ofItems/(items-1)/items)
	case items > 1:
		ofRuns *= items / (runs - 1)
		ofItems *= runs / (items - 1)
		within /= (runs - 1) * (items - 1)
		total := ofRuns + math.Max(0, ofItems-within)
		if ofRuns > 0 {
			degrees := total * total / (ofRuns * ofRuns / (runs - 1))
			half = distuv.StudentsT{Sigma: 1, Nu: degrees}.Quantile(0.975) * math.Sqrt(total/(runs*items))
		} else {
			half = normal95 * math.Sqrt(total/(runs*items))
		}
	}
	if half == 0 {
		half = 1 - math.Pow(0.025, 1/items)
	}
	return Estimate{mean, [2]float64{mean - half, mean + half}}, true
}
