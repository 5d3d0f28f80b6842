package graph

import "math"

// A field says which pixels of the graph's input an output depends on: at position i along axis a (y, x) of its grid it
// sees the pixels lo[a] + i step[a] to hi[a] + i step[a], padding included. This is the interval arithmetic of Araujo,
// Norris and Sim, "Computing Receptive Fields of Convolutional Neural Networks", Distill 2019, over all paths.
type field struct {
	lo, hi, step [2]float64
	whole        bool // sees all of the input from everywhere; the numbers mean nothing
	none         bool // sees nothing of the input: a constant
}

// fields returns the field of every node's output.
func (g *Graph) fields(values map[string]Value) map[string]field {
	start := field{step: [2]float64{1, 1}}
	start.whole = !values[Input].Map().Spatial
	all := map[string]field{Input: start}
	for i := range g.Nodes {
		n := &g.Nodes[i]
		ins, seen := make([]Value, len(n.In)), make([]field, len(n.In))
		for j, name := range n.In {
			ins[j], seen[j] = values[name], all[name]
		}
		all[n.Name] = n.field(seen, ins, values[n.Name])
	}
	return all
}

// field returns the field of the node's output. Mirrored padding counts like zeros, though it shows pixels of the image
// again.
func (n *Node) field(seen []field, ins []Value, out Value) field {
	f := union(seen)
	if op, ok := n.Op.(interface {
		field(f field, ins []Value, out Value) field
	}); ok && !f.whole && !f.none {
		return op.field(f, ins, out)
	}
	return f
}

// union returns the field of something that depends on all of them; on none if there are none.
func union(all []field) field {
	f := field{none: true}
	for _, o := range all {
		f = f.union(o)
	}
	return f
}

// union returns the field of something that depends on both. Two grids that do not step alike have no common field
// short of the whole input.
func (f field) union(o field) field {
	switch {
	case f.none:
		return o
	case o.none:
		return f
	}
	for a := range 2 {
		if math.Abs(f.step[a]-o.step[a]) > 1e-9*f.step[a] {
			return field{whole: true}
		}
		f.lo[a] = min(f.lo[a], o.lo[a])
		f.hi[a] = max(f.hi[a], o.hi[a])
	}
	f.whole = f.whole || o.whole
	return f
}

// across is the field of an op that mixes what lies along some axes: all of the input if they are positions.
func (f field) across(v Value, axes ...int) field {
	for _, a := range axes {
		if v[a].positional() {
			return field{whole: true}
		}
	}
	return f
}

// spread is the field of an op that repeats its inputs to fit each other: what has one pixel and is repeated over many
// is seen from everywhere.
func (f field) spread(ins []Value, out Value) field {
	to := out.Map()
	for _, in := range ins {
		if m := in.Map(); m.Spatial && (m.Height < to.Height || m.Width < to.Width) {
			return field{whole: true}
		}
	}
	return f
}

// window narrows f to a window of a grid: output i sees the input indexes lo + i step to hi + i step.
func (f field) window(axis int, lo, hi, step float64) field {
	f.hi[axis] += hi * f.step[axis]
	f.lo[axis] += lo * f.step[axis]
	f.step[axis] *= step
	return f
}

// windowOf is window along an axis of a value, if that is all of the value's rows or columns; axes of channels move nothing.
func (f field) windowOf(v Value, axis int, lo, hi, step float64) field {
	a, m := v[axis], v.Map()
	switch {
	case a.is(Rows) && a.Size == m.Height:
		return f.window(0, lo, hi, step)
	case a.is(Columns) && a.Size == m.Width:
		return f.window(1, lo, hi, step)
	case a.positional():
		return field{whole: true}
	}
	return f
}
