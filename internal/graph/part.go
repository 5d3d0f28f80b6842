package graph

// Slice returns the part of the graph that the named nodes (or aliases) need, in the same order and nothing more.
// Aliases of nodes that are left out are left out.
func (g *Graph) Slice(names ...string) (*Graph, error) {
	need := map[string]bool{}
	for _, name := range names {
		n, err := g.Find(name)
		if err != nil {
			return nil, err
		}
		need[n.Name] = true
	}
	for i := len(g.Nodes) - 1; i >= 0; i-- { // what uses a node comes after it
		if need[g.Nodes[i].Name] {
			for _, in := range g.Nodes[i].In {
				need[in] = true
			}
		}
	}
	part := &Graph{}
	for _, n := range g.Nodes {
		if need[n.Name] {
			part.Nodes = append(part.Nodes, n)
		}
	}
	part.keepAliases(g.Aliases)
	return part, nil
}

// Staged is the graph with its nodes in the order in which the named ones need them: those of the first name, then what the
// second needs besides, and so on; last what none of them needs.
func (g *Graph) Staged(names ...string) (*Graph, error) {
	staged := &Graph{Version: g.Version, Aliases: g.Aliases}
	have := map[string]bool{}
	add := func(nodes []Node) {
		for _, n := range nodes {
			if !have[n.Name] {
				have[n.Name] = true
				staged.Nodes = append(staged.Nodes, n)
			}
		}
	}
	for _, name := range names {
		part, err := g.Slice(name)
		if err != nil {
			return nil, err
		}
		add(part.Nodes)
	}
	add(g.Nodes)
	return staged, nil
}

// keepAliases takes those aliases that lead to a node of the graph.
func (g *Graph) keepAliases(aliases map[string]string) {
	here := map[string]bool{}
	for _, n := range g.Nodes {
		here[n.Name] = true
	}
	for alias, to := range aliases {
		if here[to] {
			if g.Aliases == nil {
				g.Aliases = map[string]string{}
			}
			g.Aliases[alias] = to
		}
	}
}
