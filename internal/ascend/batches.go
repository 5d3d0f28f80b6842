package ascend

import (
	"slices"

	"herbarium/internal/graph"
)

// Grouping says which items may share a batch: always those whose units end at the same layer, and
type Grouping int

const (
	ByDepth    Grouping = iota // no further condition
	ByUnit                     // one unit, as [Target] needs it
	ByRestarts                 // restarts of one item stay together, as [Diverse] needs it
)

// Batches groups items, by their numbers, for [Run]: items whose units end at the same layer go together, in
// batches of at most size, so that no item pays for a layer deeper than its own.
func Batches(g *graph.Graph, items []Item, size int, how Grouping) [][]int {
	position := map[string]int{}
	for i, node := range g.Nodes {
		position[node.Name] = i
	}
	depth := func(item int) int {
		deepest := 0
		for _, t := range items[item].Unit.Terms {
			deepest = max(deepest, position[t.Node])
		}
		return deepest
	}
	order := make([]int, len(items))
	for i := range order {
		order[i] = i
	}
	unit := map[string]int{} // by its text, in order of first use
	for _, item := range items {
		if _, ok := unit[item.Unit.Text]; !ok {
			unit[item.Unit.Text] = len(unit)
		}
	}
	kind := func(item int) int { return 0 }
	if how == ByUnit {
		kind = func(item int) int { return unit[items[item].Unit.Text] }
	}
	slices.SortStableFunc(order, func(a, b int) int {
		if d := depth(a) - depth(b); d != 0 {
			return d
		}
		return kind(a) - kind(b)
	})
	var out [][]int
	for from := 0; from < len(order); {
		to := from + 1
		for to < len(order) && depth(order[to]) == depth(order[from]) && kind(order[to]) == kind(order[from]) {
			to++
		}
		// As even as they can be: 17 items in batches of at most 16 are 9 and 8, not 16 and a lone one. Of several, so many
		// that two workers, and mostly four, end together.
		n := (to - from + size - 1) / size
		if n > 1 {
			n += n % 2
		}
		end := from
		for i := range n {
			begin := end
			end = max(end, from+(i+1)*(to-from)/n)
			for how == ByRestarts && begin < end && end < to && items[order[end]].Group == items[order[end-1]].Group {
				end++
			}
			if begin < end {
				out = append(out, order[begin:end])
			}
		}
		from = to
	}
	return out
}
