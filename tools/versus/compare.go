package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"herbarium/internal/stats"
)

// clean is the test that says which images a net gets right before anything is done to them.
const clean = "clean"

// row says how one net fares in one test, up to one eps.
type row struct {
	Test       string          `json:"test"`
	Eps        *float64        `json:"eps,omitempty"` // after adversary
	Net        string          `json:"net"`
	Seeds      int             `json:"seeds"`
	Images     int             `json:"images"`
	Accuracy   stats.Estimate  `json:"accuracy"`
	Difference *stats.Estimate `json:"difference,omitempty"`       // from the reference
	BothRight  *stats.Estimate `json:"difference_right,omitempty"` // the same on images that both get right in the test clean
}

// compare makes the rows: by test, eps and net, the reference first.
func compare(tests []*test, reference string) ([]row, error) {
	var before *test
	known := map[string]bool{}
	for _, t := range tests {
		if t.name == clean {
			before = t
		}
		for net := range t.nets {
			known[net] = true
		}
	}
	if !known[reference] {
		return nil, fmt.Errorf("--reference %s: there is no such net, only %s", reference, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
	}
	var rows []row
	for _, t := range tests {
		radii, attacked := t.radii()
		for _, eps := range radii {
			for _, net := range t.order(reference) {
				r := row{Test: t.name, Net: net, Seeds: len(t.nets[net])}
				if attacked {
					r.Eps = &eps
				}
				seeds := slices.SortedFunc(maps.Keys(t.nets[net]), bySeed)
				names := slices.Sorted(maps.Keys(t.nets[net][seeds[0]]))
				r.Images = len(names)
				right := matrix(seeds, names, func(seed, name string) float64 { return t.right(net, seed, name, eps) })
				ones := matrix(seeds, names, func(string, string) float64 { return 1 })
				r.Accuracy, _ = stats.Crossed(right, ones)
				r.Accuracy.Interval = [2]float64{max(0, r.Accuracy.Interval[0]), min(1, r.Accuracy.Interval[1])}
				if net != reference {
					r.Difference, r.BothRight = t.against(before, net, reference, eps, names)
				}
				rows = append(rows, r)
			}
		}
	}
	return rows, nil
}

// against compares with the reference, seed by seed; nil where that cannot be told.
func (t *test) against(before *test, net, reference string, eps float64, names []string) (all, bothRight *stats.Estimate) {
	var seeds []string
	for seed := range t.nets[net] {
		if t.nets[reference][seed] != nil {
			seeds = append(seeds, seed)
		}
	}
	slices.SortFunc(seeds, bySeed)
	if len(seeds) == 0 {
		return nil, nil
	}
	difference := func(seed, name string) float64 {
		return t.right(net, seed, name, eps) - t.right(reference, seed, name, eps)
	}
	if e, ok := stats.Crossed(matrix(seeds, names, difference), matrix(seeds, names, func(string, string) float64 { return 1 })); ok {
		all = &e
	}
	if before == nil || before == t {
		return all, nil
	}
	both := func(seed, name string) float64 {
		return before.right(net, seed, name, 0) * before.right(reference, seed, name, 0)
	}
	value := matrix(seeds, names, func(seed, name string) float64 { return both(seed, name) * difference(seed, name) })
	if e, ok := stats.Crossed(value, matrix(seeds, names, both)); ok {
		bothRight = &e
	}
	return all, bothRight
}

// right is 1 for an image that is got right under attacks up to eps, else 0.
func (t *test) right(net, seed, name string, eps float64) float64 {
	if b, ok := t.nets[net][seed][name]; ok && !b.wrong(eps) {
		return 1
	}
	return 0
}

// radii are the eps at which any net was broken, and whether the test was an attack.
func (t *test) radii() ([]float64, bool) {
	seen := map[float64]bool{}
	for _, seeds := range t.nets {
		for _, o := range seeds {
			for _, b := range o {
				if b > 0 {
					seen[float64(b)] = true
				}
			}
		}
	}
	if len(seen) == 0 {
		return []float64{0}, false
	}
	return slices.Sorted(maps.Keys(seen)), true
}

// order is the nets' names, the reference first.
func (t *test) order(reference string) []string {
	names := slices.Sorted(maps.Keys(t.nets))
	slices.SortStableFunc(names, func(a, b string) int {
		switch reference {
		case a:
			return -1
		case b:
			return 1
		}
		return 0
	})
	return names
}

// bySeed orders 9 before 10.
func bySeed(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) }

func matrix(seeds, names []string, f func(seed, name string) float64) [][]float64 {
	out := make([][]float64, len(seeds))
	for s, seed := range seeds {
		out[s] = make([]float64, len(names))
		for i, name := range names {
			out[s][i] = f(seed, name)
		}
	}
	return out
}
