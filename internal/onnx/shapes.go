package onnx

import (
	"errors"
	"fmt"
	"slices"
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

// reshape is Reshape, Flatten, Squeeze, Unsqueeze, or an Expand that changes nothing. Nothing is made,
// but for a shuffle of channels that is complete now.
func reshape(t *translator, n *node, in []*value) ([]*value, error) {
	v := in[0]
	dims, err := newDims(n, in, v.dims())
	if err != nil {
		return nil, err
	}
	axes, err := regroup(v.axes, dims)
	if err != nil {
		return nil, fmt.Errorf("its shape %v for an input of %v %w", dims, v.dims(), err)
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
		return expanded(dims, want)
	}
	return reshaped(dims, want, n.int("allowzero", 0) != 0)
}

// expanded allows an Expand that repeats nothing.
func expanded(dims, want sizes) (sizes, error) {
	for len(want) < len(dims) {
		want = slices.Insert(slices.Clone(want), 0, 1)
	}
	out := slices.Clone(want)
	for i, lead := 0, len(want)-len(dims); i < len(want); i++ {
		if i >= lead && want[i] == 1 {
			out[i] = dims[i-lead]
		} else if want[i] != 1 && (i < lead || want[i] != dims[i-lead]) {
			return nil, fmt.Errorf("it repeats shape %v to %v", dims, want)
		}
	}
	return out, nil
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
