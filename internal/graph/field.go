package graph

import "math"

// A field says which pixels of the graph's input a node's output depends on: along axis a (y, x), the output at index i
// sees the pixels lo[a] + i step[a] to hi[a] + i step[a], padding included. This is the interval arithmetic of Araujo,
// Norris and Sim, "Computing Receptive Fields of Convolutional Neural Networks", Distill 2019, over all paths.
type field struct {
	lo, hi, step [2]float64
	whole        bool // sees all of the input from everywhere; the numbers mean nothing
}

// fields returns the field of every node's output.
func (g *Graph) fields(shapes map[string]Shape) map[string]field {
	start := field{step: [2]float64{1, 1}}
	start.whole = len(shapes[Input]) != 3
	all := map[string]field{Input: start}
	for i := range g.Nodes {
		n := &g.Nodes[i]
		out := shapes[n.Name]
		var f field
		for j, name := range n.In {
			in := all[name]
			// What has one pixel and is repeated over many is seen from everywhere.
			if s := shapes[name]; len(s) == 3 && len(out) == 3 && (s[1] < out[1] || s[2] < out[2]) && (n.Op == Add || n.Op == Mul) {
				in.whole = true
			}
			if j == 0 {
				f = in
			} else {
				f = f.union(in)
			}
		}
		all[n.Name] = n.field(f, shapes[n.In[0]], out)
	}
	return all
}

// union returns the field of something that depends on both. Two grids that do not step alike have no common field
// short of the whole input.
func (f field) union(o field) field {
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

// field returns the field of the node's output, given that of its input and the shapes of both. Mirrored padding
// counts like zeros, though it shows pixels of the image again.
func (n *Node) field(f field, in, out Shape) field {
	switch n.Op {
	case GAP, Flatten, Linear:
		return field{whole: true}
	case Concat, Softmax:
		if n.Axis > 0 {
			return field{whole: true}
		}
	case Conv, MaxPool, AvgPool:
		for a := range 2 {
			f = f.window(a, float64(-n.Pad[a]), float64(n.extent(a)-1-n.Pad[a]), float64(n.Stride[a]))
		}
	case BlurPool:
		for a := range 2 {
			f = f.window(a, float64(-n.Radius()), float64(n.Radius()), float64(n.Stride[0]))
		}
	case Slice:
		for a := 0; a < 2 && len(in) == 3; a++ {
			f = f.window(a, float64(n.Start[a+1]), float64(n.Start[a+1]), float64(n.Step[a+1]))
		}
	case Pad:
		for a := 0; a < 2 && len(in) == 3; a++ {
			f = f.window(a, float64(-n.Before[a+1]), float64(-n.Before[a+1]), 1)
		}
	case Resize:
		for a := range 2 {
			lo, hi, step := n.resizeReads(in[a+1], out[a+1])
			f = f.window(a, lo, hi, step)
		}
	}
	return f
}

// resizeReads returns between which input indexes, relative to i step, a resize reads for output index i, and its step.
func (n *Node) resizeReads(in, out int) (lo, hi, step float64) {
	step = float64(in) / float64(out)
	if n.Mode == "nearest" {
		// floor(i step): what is cut off is a multiple of gcd/out below 1.
		return float64(gcd(in, out))/float64(out) - 1, 0, step
	}
	// The indexes on both sides of i step + at.
	at := step/2 - 0.5
	if in%out == 0 {
		return math.Floor(at), math.Ceil(at), step
	}
	return at - 1, at + 1, step
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// window narrows f to a window of a grid: output i sees the input indexes lo + i step to hi + i step.
func (f field) window(axis int, lo, hi, step float64) field {
	f.hi[axis] += hi * f.step[axis]
	f.lo[axis] += lo * f.step[axis]
	f.step[axis] *= step
	return f
}
