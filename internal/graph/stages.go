package graph

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Stages are the layers to look at where nobody has said which, by name and in the order of the nodes, the logits or what
// else the net ends with last. They are the net's own, if it names them as the nets that this project builds do: aliases
// none of which is a part of another. Otherwise a stage is what a net makes of one resolution: the last layer of each
// that everything after it comes from, of those that are what a module gives if there are such. A net of fewer than three
// resolutions, such as a transformer, has its stages at the quarters of its depth.
func (n *Net) Stages() ([]string, error) {
	values, err := n.Graph.Values(n.Input)
	if err != nil {
		return nil, err
	}
	if own := n.Graph.ownStages(values); own != nil {
		return own, nil
	}
	var names []string
	for _, node := range n.Graph.resolutions(values) {
		names = append(names, n.Graph.shortest(node))
	}
	last := n.Graph.Nodes[len(n.Graph.Nodes)-1].Name
	if node, err := n.Graph.Find(Logits); err == nil {
		last = node.Name
	}
	if end := n.Graph.shortest(last); !slices.Contains(names, end) {
		names = append(names, end)
	}
	return names, nil
}

// Units is the layer whose channels are units of a stage: the stage itself, or of a block of a transformer the activation
// within its MLP, since units there answer to something and channels of the sum of tokens do not (Ghiasi et al., "What do
// Vision Transformers Learn? A Visual Exploration", 2022).
func (n *Net) Units(stage string) (string, error) {
	node, err := n.Graph.Find(stage)
	if err != nil {
		return "", err
	}
	values, err := n.Graph.Values(n.Input)
	if err != nil {
		return "", err
	}
	attends := slices.ContainsFunc(n.Graph.Nodes, func(o Node) bool { return o.Op.Name() == Attention{}.Name() })
	if _, sum := node.Op.(Add); !sum || !attends && values[node.Name].Layout().Plain() {
		return stage, nil
	}
	for _, in := range node.In {
		if at := n.Graph.activation(n.Graph.node(in)); at != nil {
			return n.Graph.shortest(at.Name), nil
		}
	}
	return stage, nil
}

// activation is what activates a branch that ends with a node, or nil.
func (g *Graph) activation(n *Node) *Node {
	for ; n != nil && len(n.In) == 1; n = g.node(n.In[0]) {
		switch op := n.Op.(type) {
		case GELU, ReLU, SiLU, HardSwish:
			return n
		case Conv: // a linear layer of tokens in the order of maps
			if op.Kernel != (Pair{1, 1}) || op.Groups != 1 {
				return nil
			}
		case Linear, Affine, LayerNorm, Dropout:
		default:
			return nil
		}
	}
	return nil
}

// ownStages are all aliases, if those but the logits are names of two maps or more and none is part of another.
func (g *Graph) ownStages(values map[string]Value) []string {
	all := g.aliases()
	maps := 0
	for i, a := range all {
		if i > 0 && strings.HasPrefix(a, all[i-1]+".") {
			return nil
		}
		switch {
		case a == Logits:
		case values[g.Aliases[a]].Map().Spatial:
			maps++
		default:
			return nil
		}
	}
	if maps < 2 {
		return nil
	}
	position := g.positions()
	slices.SortStableFunc(all, func(a, b string) int { return cmp.Compare(position[g.Aliases[a]], position[g.Aliases[b]]) })
	return all
}

// positions are the places of nodes in the order in which they run.
func (g *Graph) positions() map[string]int {
	at := map[string]int{}
	for i := range g.Nodes {
		at[g.Nodes[i].Name] = i
	}
	return at
}

// shortest is the shortest name of a node's: logits, layer3, or its own.
func (g *Graph) shortest(node string) string {
	best := ""
	for _, alias := range slices.Sorted(maps.Keys(g.Aliases)) {
		if g.Aliases[alias] == node && (best == "" || len(alias) < len(best)) {
			best = alias
		}
	}
	if g.Aliases[Logits] == node {
		best = Logits
	}
	return cmp.Or(best, node)
}

// resolutions are the nodes that end a resolution, or parts of the depth where there are few of these.
func (g *Graph) resolutions(values map[string]Value) []string {
	named := map[string]bool{}
	for alias, node := range g.Aliases {
		named[node] = named[node] || alias != Logits
	}
	var levels [][]string // of one resolution each
	var size Pair
	for _, node := range g.Waists(values) {
		m := values[node].Map()
		if at := (Pair{m.Height, m.Width}); at != size || levels == nil {
			levels, size = append(levels, nil), at
		}
		levels[len(levels)-1] = append(levels[len(levels)-1], node)
	}
	var ends []string
	for _, level := range levels {
		ends = append(ends, g.end(level, named, func(node string) int { return values[node].Map().Channels }))
	}
	if len(ends) >= 3 || len(levels) == 0 {
		return ends
	}
	all := slices.Concat(levels...)
	blocks := slices.DeleteFunc(slices.Clone(all), func(node string) bool { return !named[node] })
	if len(blocks) == 0 { // without modules, what a residual net adds up
		blocks = slices.DeleteFunc(slices.Clone(all), func(node string) bool {
			_, sum := g.node(node).Op.(Add)
			return !sum
		})
	}
	if len(blocks) < 4 {
		return slices.DeleteFunc(all, func(node string) bool { return !slices.Contains(ends, node) && !slices.Contains(blocks, node) })
	}
	ends = nil
	for quarter := 1; quarter <= 4; quarter++ {
		ends = append(ends, blocks[quarter*len(blocks)/4-1])
	}
	return ends
}

// Waists are the nodes with positions, after the first weights, that all later ones see the image through.
func (g *Graph) Waists(values map[string]Value) []string {
	position := g.positions()
	last := make([]int, len(g.Nodes)) // place of the last node that reads each
	for i := range g.Nodes {
		for _, in := range g.Nodes[i].In {
			if at, ok := position[in]; ok {
				last[at] = i
			}
		}
	}
	var found []string
	reach, learned := 0, false // the last place that something before reads from
	for i := range g.Nodes {
		n := &g.Nodes[i]
		_, conv := n.Op.(Conv)
		_, pad := n.Op.(Pad)
		m := values[n.Name].Map()
		learned = learned || conv
		if reach <= i && learned && !pad && m.Spatial && m.Height*m.Width > 1 {
			found = append(found, n.Name)
		}
		reach = max(reach, last[i])
	}
	return found
}

// end is the last of a resolution's waists that a module ends with, or the last, without a convolution that only widens
// for the next stage: in an inverted residual it comes before the depthwise one that has the stride.
func (g *Graph) end(level []string, named map[string]bool, channelsOf func(node string) int) string {
	for i := len(level) - 1; i >= 0; i-- {
		if named[level[i]] {
			return level[i]
		}
	}
	last := level[len(level)-1]
	for i := len(level) - 1; i > 0 && g.toDepthwise(last); i-- {
		switch op := g.node(level[i]).Op.(type) {
		case ReLU, Clip, SiLU, HardSwish, BN, FakeQuantize:
			continue
		case Conv:
			if op.Kernel == (Pair{1, 1}) && op.Groups == 1 && op.Out > channelsOf(level[i-1]) {
				return level[i-1]
			}
		}
		break
	}
	return last
}

// toDepthwise says whether a depthwise convolution reads the node, past padding.
func (g *Graph) toDepthwise(node string) bool {
	for i := range g.Nodes {
		n := &g.Nodes[i]
		if !slices.Contains(n.In, node) {
			continue
		}
		switch op := n.Op.(type) {
		case Conv:
			return op.Groups > 1 && op.Groups == op.Out
		case Pad:
			return g.toDepthwise(n.Name)
		}
	}
	return false
}
