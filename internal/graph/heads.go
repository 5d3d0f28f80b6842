package graph

// A Head is an output that answers as the logits do: the mean over positions of a linear map of the channels, so that
//
//	output[k] = mean over positions of Map[k] = mean over positions of (Map[k] - bias[k]) + bias[k]
//
// exactly: the map without its bias is where the evidence for class k lies.
type Head struct {
	Name string // of the output [K]
	Map  string // of the 1x1 convolution [K,H,W] that it is the mean of
}

// Heads returns the heads of the graph in its order, the logits last. A net whose logits do not come from a head of
// this form has none.
func (g *Graph) Heads() []Head {
	logits, err := g.Find(Logits)
	if err != nil {
		return nil
	}
	used := map[string]bool{}
	for i := range g.Nodes {
		for _, in := range g.Nodes[i].In {
			used[in] = true
		}
	}
	last := g.head(logits)
	if last == nil || used[logits.Name] {
		return nil
	}
	var heads []Head
	for i := range g.Nodes {
		n := &g.Nodes[i]
		if m := g.head(n); m != nil && m.Op.(Conv).Out == last.Op.(Conv).Out && !used[n.Name] && n != logits {
			heads = append(heads, Head{n.Name, m.Name})
		}
	}
	return append(heads, Head{logits.Name, last.Name})
}

// Outputs are the names of the heads, or of the logits alone where there are none: what training teaches to answer.
func (g *Graph) Outputs() []string {
	var names []string
	for _, h := range g.Heads() {
		names = append(names, h.Name)
	}
	if names == nil {
		return []string{Logits}
	}
	return names
}

// head is the convolution that n is the mean of, or nil.
func (g *Graph) head(n *Node) *Node {
	for _, op := range []Op{Flatten{}, GAP{}} {
		if n == nil || n.Op.Name() != op.Name() {
			return nil
		}
		n = g.node(n.In[0])
	}
	if n == nil {
		return nil
	}
	c, ok := n.Op.(Conv)
	if !ok || c.Kernel != (Pair{1, 1}) || c.Stride != (Pair{1, 1}) || c.Pad != (Pair{}) || c.Groups != 1 || !c.Bias {
		return nil
	}
	return n
}

// An Entry is a convolution that sees the graph's input itself, downscaled by Factor (1: as it is).
type Entry struct {
	Node   string
	Factor int
}

// Entries returns the convolutions that see the input through nothing but a normalization and one blurpool, in the
// graph's order. A top-down net has one for each scale, coarse to fine; a net in which they differ in nothing has one.
func (g *Graph) Entries() []Entry {
	factor := map[string]int{Input: 1}
	var entries []Entry
	for i := range g.Nodes {
		n := &g.Nodes[i]
		if len(n.In) == 0 || factor[n.In[0]] == 0 {
			continue
		}
		f := factor[n.In[0]]
		switch op := n.Op.(type) {
		case Normalize:
			factor[n.Name] = f
		case BlurPool:
			if f == 1 {
				factor[n.Name] = op.Stride[0]
			}
		case Conv:
			entries = append(entries, Entry{n.Name, f})
		}
	}
	return entries
}

// Cost returns the trained parameters, and the multiply-adds for one item of shape in, of what the named nodes need;
// of the whole graph if none is named.
func (g *Graph) Cost(in Shape, names ...string) (params, macs int64, err error) {
	if len(names) > 0 {
		if g, err = g.Slice(names...); err != nil {
			return 0, 0, err
		}
	}
	rows, err := g.Table(in)
	for _, r := range rows {
		params += r.Params
		macs += r.MACs
	}
	return params, macs, err
}
