package graph

import (
	"errors"
	"fmt"
	"slices"
)

// A Shape is what a node gives for one item, without the batch: [C,H,W] or [C].
type Shape []int

// Shapes returns the shape of every node's output, and of Input, for an input of shape in. It fails if an input is too
// small for a window, if inputs of a node do not fit each other, or if sizes are absurd; the error names the node.
func (g *Graph) Shapes(in Shape) (map[string]Shape, error) {
	if err := g.Validate(); err != nil {
		return nil, err
	}
	if len(in) != 1 && len(in) != 3 {
		return nil, fmt.Errorf("graph: input shape %v is neither [C,H,W] nor [C]", in)
	}
	if _, err := in.size(); err != nil {
		return nil, fmt.Errorf("graph: input: %w", err)
	}
	shapes := map[string]Shape{Input: slices.Clone(in)}
	for i := range g.Nodes {
		n := &g.Nodes[i]
		ins := make([]Shape, len(n.In))
		for j, name := range n.In {
			ins[j] = shapes[name]
		}
		s, err := n.shape(ins)
		if err == nil {
			_, err = s.size()
		}
		if err != nil {
			return nil, fmt.Errorf("graph: node %q (%s) on %v: %w", n.Name, n.Op, ins[0], err)
		}
		shapes[n.Name] = s
	}
	return shapes, nil
}

// Infer checks the node by itself and returns the shape of its output for inputs of the shapes given, as Shapes does for
// all nodes of a graph.
func (n *Node) Infer(ins ...Shape) (Shape, error) {
	if err := n.check(fieldNames()); err != nil {
		return nil, err
	}
	s, err := n.shape(ins)
	if err == nil {
		_, err = s.size()
	}
	if err != nil {
		return nil, fmt.Errorf("%s on %v: %w", n.Op, ins[0], err)
	}
	return s, nil
}

// size returns the number of elements, which is checked to be sane.
func (s Shape) size() (int64, error) { return product(s...) }

// product multiplies dimensions, each of which must be within 1 and maxSide, as long as the result is at most maxSize.
func product(dims ...int) (int64, error) {
	size := int64(1)
	for _, d := range dims {
		if d < 1 || d > maxSide {
			return 0, fmt.Errorf("size %v: %d is not within 1 and %d", dims, d, maxSide)
		}
		if size *= int64(d); size > maxSize {
			return 0, fmt.Errorf("size %v: more than %d elements", dims, int64(maxSize))
		}
	}
	return size, nil
}

// shape returns the shape of the node's output for inputs of the shapes given.
func (n *Node) shape(ins []Shape) (Shape, error) {
	in := ins[0]
	if rank := n.rank(); rank != 0 && len(in) != rank {
		return nil, fmt.Errorf("needs an input of %s", map[int]string{1: "shape [C]; flatten it first", 3: "shape [C,H,W]"}[rank])
	}
	switch n.Op {
	case Normalize:
		if in[0] != len(n.Mean) {
			return nil, fmt.Errorf("has mean and std of %d channels, the input has %d", len(n.Mean), in[0])
		}
		return in, nil
	case Conv:
		if in[0]%n.Groups != 0 {
			return nil, fmt.Errorf("%d input channels cannot be split into %d groups", in[0], n.Groups)
		}
		return n.windows(n.Out, in)
	case MaxPool, AvgPool:
		return n.windows(in[0], in)
	case Shuffle:
		if in[0]%n.Groups != 0 {
			return nil, fmt.Errorf("%d channels cannot be split into %d groups", in[0], n.Groups)
		}
		return in, nil
	case GAP:
		return Shape{in[0], 1, 1}, nil
	case Flatten:
		size, err := in.size()
		return Shape{int(size)}, err
	case Linear:
		return Shape{n.Out}, nil
	case Add, Mul:
		return broadcast(ins)
	case Concat:
		return n.concat(ins)
	case Softmax:
		if n.Axis >= len(in) {
			return nil, fmt.Errorf("has no axis %d", n.Axis)
		}
		return in, nil
	case Resize:
		return n.resized(in), nil
	case BlurPool:
		return n.blurred(in)
	case Slice:
		return n.sliced(in)
	case Pad:
		return n.padded(in)
	}
	return in, nil // the remaining ops work on each element by itself, or keep the shape
}

// rank returns how many axes the first input must have, or 0 if the op does not care.
func (n *Node) rank() int {
	switch n.Op {
	case Conv, MaxPool, AvgPool, GAP, Resize, BlurPool, LRN, Shuffle:
		return 3
	case Linear:
		return 1
	case Slice:
		return len(n.Start)
	case Pad:
		return len(n.Before)
	}
	return 0
}

// extent returns how far the node's window reaches along an axis, holes of a dilation included.
func (n *Node) extent(axis int) int {
	return max(n.Dilation[axis], 1)*(n.Kernel[axis]-1) + 1
}

// windows returns the shape of a convolution or pooling with out channels.
func (n *Node) windows(out int, in Shape) (Shape, error) {
	s := Shape{out, 0, 0}
	for a := range 2 {
		side, stride := in[a+1]+2*n.Pad[a], n.Stride[a]
		room := side - n.extent(a)
		if room < 0 {
			return nil, fmt.Errorf("its window of %d does not fit into %d pixels with padding; the image is too small for this net", n.extent(a), side)
		}
		s[a+1] = room/stride + 1
		// Rounded up, but the last window must start inside the input or its left padding (PyTorch, Pool.h).
		if n.Ceil && room%stride != 0 && s[a+1]*stride < in[a+1]+n.Pad[a] {
			s[a+1]++
		}
	}
	return s, nil
}

func broadcast(ins []Shape) (Shape, error) {
	out := slices.Clone(ins[0])
	for _, s := range ins[1:] {
		if len(s) != len(out) {
			return nil, fmt.Errorf("cannot be combined with %v", s)
		}
		for a := range s {
			if out[a] != s[a] && out[a] != 1 && s[a] != 1 {
				return nil, fmt.Errorf("cannot be combined with %v", s)
			}
			out[a] = max(out[a], s[a])
		}
	}
	return out, nil
}

func (n *Node) concat(ins []Shape) (Shape, error) {
	out := slices.Clone(ins[0])
	if n.Axis >= len(out) {
		return nil, fmt.Errorf("has no axis %d", n.Axis)
	}
	for _, s := range ins[1:] {
		if len(s) != len(out) {
			return nil, fmt.Errorf("cannot be joined with %v", s)
		}
		for a := range s {
			if a != n.Axis && s[a] != out[a] {
				return nil, fmt.Errorf("cannot be joined with %v along axis %d", s, n.Axis)
			}
		}
		if out[n.Axis] += s[n.Axis]; out[n.Axis] > maxSide {
			return nil, fmt.Errorf("axis %d grows beyond %d", n.Axis, maxSide)
		}
	}
	return out, nil
}

func (n *Node) resized(in Shape) Shape {
	if n.Scale == nil {
		return Shape{in[0], n.Size[0], n.Size[1]}
	}
	// A side is at most maxSide and a scale at most maxWindow, so the product fits an int.
	return Shape{in[0], int(float64(in[1]) * n.Scale[0]), int(float64(in[2]) * n.Scale[1])}
}

// Radius returns how far the Gaussian of a blurpool reaches to each side, in pixels: ceil(3 sigma), sigma = stride/2.
func (n *Node) Radius() int { return (3*n.Stride[0] + 1) / 2 }

func (n *Node) blurred(in Shape) (Shape, error) {
	s := n.Stride[0]
	if r := n.Radius(); in[1] <= r || in[2] <= r {
		return nil, fmt.Errorf("its blur reaches %d pixels, as far as the image; use a larger image or fewer scales", r)
	}
	return Shape{in[0], (in[1] + s - 1) / s, (in[2] + s - 1) / s}, nil
}

func (n *Node) sliced(in Shape) (Shape, error) {
	out := make(Shape, len(in))
	for a := range in {
		stop := in[a]
		if n.Stop != nil && n.Stop[a] != 0 {
			stop = n.Stop[a]
		}
		if n.Start[a] >= stop || stop > in[a] {
			return nil, fmt.Errorf("%d:%d is outside axis %d", n.Start[a], stop, a)
		}
		out[a] = (stop-n.Start[a]-1)/n.Step[a] + 1
	}
	return out, nil
}

func (n *Node) padded(in Shape) (Shape, error) {
	out := make(Shape, len(in))
	for a := range in {
		if n.Mode == "reflect" && max(n.Before[a], n.After[a]) >= in[a] {
			return nil, errors.New("cannot reflect more pixels than there are beside the edge")
		}
		out[a] = n.Before[a] + in[a] + n.After[a]
	}
	return out, nil
}
