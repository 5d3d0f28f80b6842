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
		if m := g.head(n); m != nil && m.Out == last.Out && !used[n.Name] && n != logits {
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
	for _, op := range []string{Flatten, GAP} {
		if n == nil || n.Op != op {
			return nil
		}
		n = g.node(n.In[0])
	}
	if n == nil || n.Op != Conv || n.Kernel != (Pair{1, 1}) || n.Stride != (Pair{1, 1}) || n.Pad != (Pair{}) || n.Groups != 1 || !n.Bias {
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
		f := factor[n.In[0]]
		switch {
		case f == 0:
		case n.Op == Normalize:
			factor[n.Name] = f
		case n.Op == BlurPool && f == 1:
			factor[n.Name] = n.Stride[0]
		case n.Op == Conv:
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
