package graph

// PositionsReach says whether a node depends on the positions of another, whose value has prefix tokens: layers that take
// every token by itself keep them apart, until the class token is all that is left.
func (g *Graph) PositionsReach(values map[string]Value, from, to string) bool {
	const (
		none  = iota
		apart // at the positions alone, not at the prefix tokens
		all
	)
	start, err := g.Find(from)
	if err != nil {
		return false
	}
	end, err := g.Find(to)
	if err != nil {
		return false
	}
	seen := map[string]int{start.Name: apart}
	for i := range g.Nodes {
		n := &g.Nodes[i]
		if n.Name == start.Name {
			continue
		}
		state := none
		ins, one := make([]Value, len(n.In)), make([]field, len(n.In)) // as if each position saw a pixel of its own
		for j, in := range n.In {
			state = max(state, seen[in])
			ins[j], one[j] = values[in], field{step: [2]float64{1, 1}}
		}
		if state == apart {
			out := values[n.Name]
			if _, slice := n.Op.(Slice); slice && !out.Map().Spatial { // the prefix tokens, or one of them
				state = none
			} else if n.field(one, ins, out).whole {
				state = all
			}
		}
		seen[n.Name] = state
	}
	return seen[end.Name] != none
}
