package ascend

import (
	"slices"

	"herbarium/internal/graph"
)

// Batches groups items, by their numbers, for [Maximize]: items whose units end at the same layer go together, in
// batches of at most size, so that no item pays for a layer deeper than its own.
func Batches(g *graph.Graph, items []Item, size int) [][]int {
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
	slices.SortStableFunc(order, func(a, b int) int { return depth(a) - depth(b) })
	var out [][]int
	for from := 0; from < len(order); {
		to := from + 1
		for to < len(order) && depth(order[to]) == depth(order[from]) {
			to++
		}
		// As even as they can be: 17 items in batches of at most 16 are 9 and 8, not 16 and a lone one.
		n := (to - from + size - 1) / size
		for i := range n {
			out = append(out, order[from+i*(to-from)/n:from+(i+1)*(to-from)/n])
		}
		from = to
	}
	return out
}
