package net

import (
	"slices"

	"herbarium/internal/graph"
	"herbarium/internal/torch"
)

// Run is a forward pass under way. It stops at nodes that are wanted and goes on from what is alive, the values that later
// nodes read, with all items of the batch or with some of them.
type Run struct {
	net    *Net
	scope  *torch.Scope
	pass   Pass
	batch  int                     // items that are left
	wanted map[string][]string     // by node, the names that it was asked for by
	values map[string]graph.Value  // of the nodes, where maps are asked for
	alive  map[string]torch.Tensor // by node
	next   int                     // in the net's plan
	out    map[string]torch.Tensor // by the names asked for
	found  int                     // of these names
}

// Begin is a pass of x, as [Net.Forward] takes it, before its first node. Tensors live in s.
func (n *Net) Begin(s *torch.Scope, x torch.Tensor, p Pass) (*Run, error) {
	r := &Run{net: n, scope: s, pass: p, batch: x.Shape()[0], wanted: map[string][]string{},
		alive: map[string]torch.Tensor{graph.Input: x}, out: map[string]torch.Tensor{}}
	for _, name := range p.Want {
		node, err := n.Graph.Find(name)
		if err != nil {
			return nil, err
		}
		r.wanted[node.Name] = append(r.wanted[node.Name], name)
	}
	if p.Maps {
		var err error
		if r.values, err = n.Values(x); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// Until runs the nodes up to one of those that the pass wants, by the name that it was asked for, and returns what it gives
// for the items that are left.
func (r *Run) Until(name string) torch.Tensor {
	for !r.out[name].Defined() && r.next < len(r.net.plan) {
		r.step()
	}
	return r.out[name]
}

// Keep goes on with these of the items that are left, by their places among them. What was computed for the others is freed.
func (r *Run) Keep(items []int) {
	s, read := r.scope, map[string]bool{}
	for _, st := range r.net.plan[r.next:] {
		for _, in := range st.node.In {
			read[in] = true
		}
	}
	index := make([]int64, len(items))
	for i, item := range items {
		index[i] = int64(item)
	}
	at := s.To(torch.From(s, []int{len(index)}, index), r.net.device)
	for name, x := range r.alive {
		if delete(r.alive, name); read[name] {
			r.alive[name] = s.IndexSelect(x, 0, at)
		}
		if name != graph.Input && len(r.wanted[name]) == 0 {
			s.Free(x)
		}
	}
	r.batch = len(items)
}

// step runs the next node of the plan.
func (r *Run) step() {
	s, st := r.scope, r.net.plan[r.next]
	r.next++
	in := make([]torch.Tensor, len(st.node.In))
	for i, name := range st.node.In {
		in[i] = r.alive[name]
	}
	c := call{Scope: s, net: r.net, node: st.node, in: in, batch: r.batch, pass: r.pass}
	c.inPlace = st.inPlace && len(r.wanted[st.node.In[0]]) == 0
	c.pass.Train = r.pass.Train && !r.pass.Frozen[st.node.Name]
	y := ops[st.node.Op.Name()](&c)
	if !c.inPlace && slices.Contains(in, y) { // a handle of its own, which is freed by itself
		y = s.Share(y)
	}
	r.alive[st.node.Name] = y
	if r.pass.Observe != nil {
		r.pass.Observe(st.node, in, y)
	}
	for _, name := range st.last {
		if len(r.wanted[name]) == 0 && r.alive[name] != y {
			s.Free(r.alive[name])
		}
		delete(r.alive, name)
	}
	for _, name := range r.wanted[st.node.Name] {
		z := y
		if z.DType() != torch.F32 {
			z = s.Cast(z, torch.F32)
		}
		if r.pass.Maps {
			v := r.values[st.node.Name]
			if tokens := prefix(s, v, z); tokens.Defined() {
				r.out[PrefixOf(name)] = tokens
			}
			z = Map(s, v, z)
		}
		r.out[name] = z
		r.found++
	}
}
