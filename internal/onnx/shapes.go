package onnx

import (
	"errors"
	"fmt"
	"slices"

	"herbarium/internal/graph"
)

// transpose changes the order of axes; nothing is made.
func transpose(t *translator, n *node, in []*value) ([]*value, error) {
	v := in[0]
	order, err := permutation(n, len(v.axes))
	if err != nil {
		return nil, err
	}
	out := &value{at: v.at, axes: make([][]atom, len(order))}
	for i, a := range order {
		out.axes[i] = v.axes[a]
	}
	return []*value{out}, nil
}

// permutation is perm, or all axes backwards.
func permutation(n *node, rank int) ([]int, error) {
	order, err := list(n, "perm", nil, -1)
	if err != nil {
		return nil, err
	}
	if order == nil {
		for a := range rank {
			order = append(order, rank-1-a)
		}
	}
	sorted := slices.Sorted(slices.Values(order))
	for i := range sorted {
		if sorted[i] != i || len(sorted) != rank {
			return nil, fmt.Errorf("perm %v does not fit its input's %d axes", order, rank)
		}
	}
	return order, nil
}

// reshape is Reshape, Flatten, Squeeze, Unsqueeze or Expand. Nothing is made, but for a shuffle of channels that is complete
// now, and where axes are repeated or do not end where others did.
func reshape(t *translator, n *node, in []*value) ([]*value, error) {
	v := in[0]
	dims, err := newDims(n, in, v.dims())
	if err != nil {
		return nil, err
	}
	if n.op == "Expand" && !sameDims(v.dims(), dims) {
		return t.repeatedTo(v, dims)
	}
	axes, err := regroup(v.axes, dims)
	if err != nil {
		return t.reordered(v, dims)
	}
	out := &value{at: v.at, axes: axes}
	if slices.ContainsFunc(axes, func(g []atom) bool { g = joined(g); return len(g) == 2 && g[0].axis == 0 && g[1].axis == 0 }) {
		if shuffled, err := t.plain(out); err == nil { // here and not where it is used, so that it belongs to this module
			out = &value{at: shuffled.at, axes: shuffled.axes}
		}
	}
	return []*value{out}, nil
}

// newDims is the shape that a node brings dims to. Constants may be in its first place, too.
func newDims(n *node, in []*value, dims sizes) (sizes, error) {
	rank := len(dims)
	switch n.op {
	case "Flatten":
		a := clamp(n.int("axis", 1))
		if a < 0 {
			a += rank
		}
		if a < 0 || a > rank {
			return nil, fmt.Errorf("axis %d is none of its input's %d axes", a, rank)
		}
		before, err := count(dims[:a])
		if err != nil {
			return nil, err
		}
		after, err := count(dims[a:])
		return sizes{before, after}, err
	case "Squeeze":
		axes, err := axesOf(n, in, 1, rank)
		var out sizes
		for a, d := range dims {
			switch drop := slices.Contains(axes, a); {
			case drop && d != 1:
				return nil, fmt.Errorf("it drops axis %d of shape %v", a, dims)
			case !drop && (axes != nil || d != 1):
				out = append(out, d)
			}
		}
		return out, err
	case "Unsqueeze":
		axes, err := list(n, "axes", in, 1)
		if err != nil || rank+len(axes) > maxRank {
			return nil, or(err, "its axes are no constant, or too many")
		}
		for i := range axes {
			if axes[i], err = axis(axes[i], rank+len(axes)); err != nil {
				return nil, err
			}
		}
		slices.Sort(axes)
		out := slices.Clone(dims)
		for _, a := range axes {
			if a > len(out) {
				return nil, errors.New("an axis appears twice")
			}
			out = slices.Insert(out, a, 1)
		}
		return out, nil
	}
	want, err := list(n, "shape", in, 1)
	if err != nil {
		return nil, err
	}
	if want == nil || len(want) > maxRank {
		return nil, fmt.Errorf("its shape is missing, or has more than %d axes", maxRank)
	}
	if n.op == "Expand" {
		return broadcast(dims, want)
	}
	return reshaped(dims, want, n.int("allowzero", 0) != 0)
}

// sameDims says whether two shapes are the same but for axes of size 1 in front.
func sameDims(a, b sizes) bool {
	lead := len(b) - len(a)
	return lead >= 0 && slices.Equal(a, b[lead:]) && !slices.ContainsFunc(b[:lead], func(d int) bool { return d != 1 })
}

// repeatedTo repeats axes of size 1.
func (t *translator) repeatedTo(v *value, dims sizes) ([]*value, error) {
	in, f, err := t.apart(v.padded(len(dims)))
	if err != nil {
		return nil, err
	}
	if len(in[0].axes) != len(dims) {
		return nil, errors.New("it repeats an axis that the batch is a part of")
	}
	from := in[0].dims()
	f.batch = none
	for a, d := range dims { // what is the same for each image becomes so many
		if d == t.batch && (from[a] == d || from[a] == 1 && d != 1) {
			f.batch = a
			break
		}
	}
	if f.batch == none && dims[0] == 1 {
		f.batch = 0
	}
	at, err := t.lay(in[0], f.rest())
	if err != nil {
		return nil, err
	}
	shape := graph.Shape{}
	for _, a := range f.rest() {
		shape = append(shape, dims[a])
	}
	if len(shape) > 0 && !slices.Equal(shape, t.shape(at)) {
		if at, err = t.emit(spec{op: graph.Expand{Shape: shape}}, at); err != nil {
			return nil, err
		}
	}
	return []*value{t.laid(at, f)}, nil
}

// reordered is a reshape that does not keep to the bounds of axes: of a node in ONNX's order.
func (t *translator) reordered(v *value, dims sizes) ([]*value, error) {
	wrong := fmt.Errorf("its shape %v for an input of %v", dims, v.dims())
	p, f, err := t.straight(v)
	if err != nil {
		return nil, err
	}
	images := 1
	if f.batch != none {
		images = p.dims()[f.batch]
	}
	if f.batch > 0 && images > 1 || len(dims) == 0 || dims[0]%images != 0 {
		return nil, wrong
	}
	shape := graph.Shape(slices.Clone(dims))
	shape[0] /= images
	at, err := t.reshapeTo(p.at, shape)
	if err != nil {
		return nil, err
	}
	order := make([]int, len(dims))
	for a := range order {
		order[a] = a
	}
	out := t.arranged(at, order)
	if images > 1 {
		out.axes[0] = slices.Concat(t.whole(at, batch), out.axes[0])
	}
	return []*value{out}, nil
}

// reshaped resolves 0 (as it was) and -1 (what is left).
func reshaped(dims, want sizes, zero bool) (sizes, error) {
	out := slices.Clone(want)
	left := -1
	for i, d := range out {
		switch {
		case d == 0 && !zero && i < len(dims):
			out[i] = dims[i]
		case d == -1 && left < 0:
			left, out[i] = i, 1
		case d < 0:
			return nil, fmt.Errorf("shape %v is none", want)
		}
	}
	all, err := count(dims)
	if err != nil {
		return nil, err
	}
	rest, err := count(out)
	if err != nil {
		return nil, err
	}
	if left >= 0 {
		if rest == 0 || all%rest != 0 {
			return nil, fmt.Errorf("shape %v does not divide an input of %v", want, dims)
		}
		out[left] = all / rest
	} else if rest != all {
		return nil, fmt.Errorf("shape %v for an input of %v", want, dims)
	}
	return out, nil
}
