package net

import (
	"slices"

	"herbarium/internal/graph"
	"herbarium/internal/torch"
)

// Pass says how one forward pass runs.
type Pass struct {
	Train bool
	// Frozen names nodes that run as in eval mode all the same: norms that neither use nor move by the batch.
	Frozen map[string]bool
	// Want names the nodes to capture; nodes after the last of them are not run.
	Want []string
	// Maps brings what is captured into the order of maps [N,C,H,W]; see [Map]. Else it is as the node gives it.
	Maps bool
	// Observe, if set, sees the inputs and the value of every node as soon as it is computed and before a later
	// node may overwrite it; all nodes are run. A relu or add may have overwritten its first input.
	Observe func(node *graph.Node, in []torch.Tensor, y torch.Tensor)
	// ReLU, if set, replaces max(x, 0): viewers let gradients through dead units with it.
	ReLU func(s *torch.Scope, x torch.Tensor) torch.Tensor
}

// Forward runs x, images [N,C,H,W] in [0,1] as float32, through the net and returns the wanted nodes by the names
// that they were asked for, as float32. Values that nobody wants are freed on the way.
func (n *Net) Forward(s *torch.Scope, x torch.Tensor, p Pass) (map[string]torch.Tensor, error) {
	wanted := map[string][]string{}
	for _, name := range p.Want {
		node, err := n.Graph.Find(name)
		if err != nil {
			return nil, err
		}
		wanted[node.Name] = append(wanted[node.Name], name)
	}
	var values map[string]graph.Value
	if p.Maps {
		var err error
		if values, err = n.Values(x); err != nil {
			return nil, err
		}
	}
	out := map[string]torch.Tensor{}
	value := map[string]torch.Tensor{graph.Input: x}
	for _, st := range n.plan {
		if len(out) == len(p.Want) && p.Observe == nil {
			break
		}
		in := make([]torch.Tensor, len(st.node.In))
		for i, name := range st.node.In {
			in[i] = value[name]
		}
		c := call{Scope: s, net: n, node: st.node, in: in, batch: x.Shape()[0], pass: p}
		c.inPlace = st.inPlace && len(wanted[st.node.In[0]]) == 0
		c.pass.Train = p.Train && !p.Frozen[st.node.Name]
		y := ops[st.node.Op.Name()](&c)
		if !c.inPlace && slices.Contains(in, y) { // a handle of its own, which is freed by itself
			y = s.Share(y)
		}
		value[st.node.Name] = y
		if p.Observe != nil {
			p.Observe(st.node, in, y)
		}
		for _, name := range st.last {
			if len(wanted[name]) == 0 && value[name] != y {
				s.Free(value[name])
			}
			delete(value, name)
		}
		for _, name := range wanted[st.node.Name] {
			z := y
			if p.Maps {
				z = Map(s, values[st.node.Name], z)
			}
			if z.DType() != torch.F32 {
				z = s.Cast(z, torch.F32)
			}
			out[name] = z
		}
	}
	return out, nil
}
