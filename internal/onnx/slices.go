package onnx

import (
	"errors"
	"fmt"
	"slices"

	"herbarium/internal/graph"
)

// slice is Slice by constants, forwards.
func slice(t *translator, n *node, in []*value) ([]*value, error) {
	var lists [4][]int
	for i, name := range []string{"starts", "ends", "axes", "steps"} {
		from := i + 1
		if t.opset < 10 {
			from = -1
		}
		var err error
		if lists[i], err = list(n, name, in, from); err != nil {
			return nil, err
		}
	}
	starts, ends, axes, steps := lists[0], lists[1], lists[2], lists[3]
	if axes == nil {
		for a := range starts {
			axes = append(axes, a)
		}
	}
	if steps == nil {
		steps = slices.Repeat([]int{1}, len(starts))
	}
	if len(starts) == 0 || len(ends) != len(starts) || len(axes) != len(starts) || len(steps) != len(starts) {
		return nil, errors.New("its starts, ends, axes and steps are not as many")
	}
	v := in[0]
	for i := range axes {
		a, err := axis(axes[i], len(v.axes))
		if err != nil {
			return nil, err
		}
		d := v.dims()[a]
		from, to := within(starts[i], d), within(ends[i], d)
		if steps[i] < 1 || from >= to {
			return nil, fmt.Errorf("%d:%d:%d of an axis of %d is empty or backwards", starts[i], ends[i], steps[i], d)
		}
		if v, err = t.cut(v, a, from, to, steps[i]); err != nil {
			return nil, err
		}
	}
	return []*value{{at: v.at, axes: v.axes}}, nil
}

// within brings an index that may count from the end into 0 to d.
func within(i, d int) int {
	if i < 0 {
		i += d
	}
	return min(max(i, 0), d)
}

// cut takes from:to:step of ONNX axis a of the value. The axis may be a part of the node's: groups of channels, or
// every so many of them.
func (t *translator) cut(v *value, a, from, to, step int) (*value, error) {
	g := joined(v.axes[a])
	n := (to - from + step - 1) / step
	if d := v.dims()[a]; from == 0 && n == d {
		return v, nil
	}
	if len(g) != 1 {
		p, err := t.plain(v)
		if err != nil {
			return nil, err
		}
		v, g = p, p.axes[a]
	}
	if g[0].axis == batch {
		return nil, errors.New("it takes a part of the batch")
	}
	x, all := g[0], t.side(v.at, g[0].axis)
	s := graph.Node{Op: graph.Slice}
	rank := len(t.shape(v.at))
	s.Start, s.Stop, s.Step = make([]int, rank), make([]int, rank), slices.Repeat([]int{1}, rank)
	inner := 1 // of other atoms of this axis, by how much their strides shrink
	switch {
	case x.stride*x.size == all && (step == 1 || x.stride == 1): // outermost
		s.Start[x.axis], s.Stop[x.axis], s.Step[x.axis] = from*x.stride, (from+(n-1)*step)*x.stride+x.stride, step
		if x.stride > 1 {
			s.Stop[x.axis] = to * x.stride
		}
	case x.stride == 1 && n == 1: // innermost
		s.Start[x.axis], s.Stop[x.axis], s.Step[x.axis] = from, all-x.size+from+1, x.size
		inner = x.size
	default:
		return nil, fmt.Errorf("it takes a part of an axis of shape %v that a reshape has cut", v.dims())
	}
	at, err := t.emit(spec{node: s}, v.at)
	if err != nil {
		return nil, err
	}
	out := &value{at: at, axes: make([][]atom, len(v.axes))}
	for i, group := range v.axes {
		for _, b := range group {
			if b.axis == x.axis {
				b.stride = max(1, b.stride/inner)
			}
			out.axes[i] = append(out.axes[i], b)
		}
	}
	out.axes[a] = nil
	if n > 1 {
		out.axes[a] = []atom{{x.axis, n, x.stride}}
	}
	return out, nil
}

// split is Split into parts of equal or given sizes.
func split(t *translator, n *node, in []*value) ([]*value, error) {
	v := in[0]
	a, err := axis(clamp(n.int("axis", 0)), len(v.axes))
	if err != nil {
		return nil, err
	}
	sizes, err := list(n, "split", in, 1)
	if err != nil {
		return nil, err
	}
	d := v.dims()[a]
	if sizes == nil {
		part := (d + len(n.out) - 1) / max(len(n.out), 1)
		for left := d; left > 0; left -= part {
			sizes = append(sizes, min(part, left))
		}
	}
	var out []*value
	from := 0
	for _, size := range sizes {
		if size < 1 || size > d-from {
			return nil, fmt.Errorf("its parts %v are not those of an axis of %d", sizes, d)
		}
		part, err := t.cut(v, a, from, from+size, 1)
		if err != nil {
			return nil, err
		}
		out = append(out, &value{at: part.at, axes: part.axes})
		from += size
	}
	if from != d {
		return nil, fmt.Errorf("its parts %v are not all of an axis of %d", sizes, d)
	}
	return out, nil
}

// gather takes constant indexes of an axis: one of them, or several, of which each run of neighbours is one slice.
func gather(t *translator, n *node, in []*value) ([]*value, error) {
	v := in[0]
	a, err := axis(clamp(n.int("axis", 0)), len(v.axes))
	if err != nil {
		return nil, err
	}
	index, err := list(n, "indices", in, 1)
	if err != nil || len(in) < 2 || in[1] == nil {
		return nil, or(err, "its indices are missing")
	}
	rank, d := len(in[1].c.Shape), v.dims()[a]
	if rank > 1 && len(index) == d && len(v.axes)+rank-1 <= maxRank && counts(index) { // a reshape; of as_strided
		axes, err := regroup(v.axes, slices.Concat(v.dims()[:a], in[1].c.Shape, v.dims()[a+1:]))
		if err != nil {
			return nil, fmt.Errorf("it %w", err)
		}
		return []*value{{at: v.at, axes: axes}}, nil
	}
	if len(index) == 0 || len(index) > 4096 || rank > 1 {
		return nil, fmt.Errorf("its indices have shape %v: one axis of few is translated", in[1].c.Shape)
	}
	var parts []*value
	for i := 0; i < len(index); {
		from := index[i]
		if from < 0 {
			from += d
		}
		j := i + 1
		for j < len(index) && index[j] == index[j-1]+1 && index[j] != 0 {
			j++
		}
		if from < 0 || from+j-i > d {
			return nil, fmt.Errorf("index %d is beyond an axis of %d", index[i], d)
		}
		part, err := t.cut(v, a, from, from+j-i, 1)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
		i = j
	}
	out := parts[0]
	if len(parts) > 1 {
		c := &node{op: "Concat", attributes: []attribute{{name: "axis", i: int64(a)}}}
		joined, err := concat(t, c, parts)
		if err != nil {
			return nil, err
		}
		out = joined[0]
	}
	out = &value{at: out.at, axes: slices.Clone(out.axes)}
	if rank == 0 {
		out.axes = slices.Delete(out.axes, a, a+1)
	}
	return []*value{out}, nil
}

// counts says whether the list is 0, 1, 2 and so on.
func counts(list []int) bool {
	for i, v := range list {
		if v != i {
			return false
		}
	}
	return true
}

// resize is Resize or Upsample of height and width: nearest as floor(i in/out), or bilinear with half pixels.
func resize(t *translator, n *node, in []*value) ([]*value, error) {
	v, err := t.plain(in[0])
	if err != nil {
		return nil, err
	}
	order, dims := t.order(v), v.dims()
	out := slices.Clone(dims)
	scales, sizes := 2, 3
	if n.op == "Upsample" || t.opset < 11 {
		scales, sizes = 1, -1
	}
	if want, err := list(n, "sizes", in, sizes); err != nil {
		return nil, err
	} else if len(want) == len(dims) {
		out = want
	} else if scales < len(in) && in[scales] != nil {
		by, err := weights(in, scales, "scales")
		if err != nil || by.Len() != len(dims) {
			return nil, or(err, "its scales are not one for each axis")
		}
		f, err := floats(by)
		if err != nil {
			return nil, err
		}
		for i := range out {
			out[i] = int(float64(dims[i]) * float64(min(max(f[i], 0), 4096)))
		}
	} else {
		return nil, errors.New("its scales or sizes are missing")
	}
	s := spec{node: graph.Node{Op: graph.Resize}}
	if len(t.shape(v.at)) != 3 {
		return nil, errors.New("its input is no image")
	}
	s.node.Size = graph.Pair{t.shape(v.at)[1], t.shape(v.at)[2]}
	for i, a := range order {
		switch {
		case a >= 1:
			s.node.Size[a-1] = out[i]
		case out[i] != dims[i]:
			return nil, fmt.Errorf("it changes axis %d of shape %v to %d", i, dims, out[i])
		}
	}
	if s.node.Mode, err = t.resizeMode(n, t.shape(v.at), s.node.Size); err != nil {
		return nil, err
	}
	at, err := t.emit(s, v.at)
	if err != nil {
		return nil, err
	}
	return []*value{t.arranged(at, order)}, nil
}

// resizeMode is what this project calls the node's mode, if it has it.
func (t *translator) resizeMode(n *node, in graph.Shape, out graph.Pair) (string, error) {
	mode, at, round := n.text("mode", "nearest"), n.text("coordinate_transformation_mode", "half_pixel"), n.text("nearest_mode", "round_prefer_floor")
	if t.opset < 11 {
		at, round = "asymmetric", "floor"
	}
	whole := out[0]%in[1] == 0 && out[1]%in[2] == 0
	switch {
	case n.int("antialias", 0) != 0:
	case mode == "nearest" && at == "asymmetric" && (round == "floor" || whole && round == "round_prefer_floor" && out[0] <= 2*in[1] && out[1] <= 2*in[2]):
		return "nearest", nil
	case mode == "nearest" && (at == "half_pixel" || at == "pytorch_half_pixel") && whole && round != "ceil" && round != "floor":
		return "nearest", nil
	case mode == "linear" && (at == "half_pixel" || at == "pytorch_half_pixel" && out[0] > 1 && out[1] > 1):
		return "bilinear", nil
	}
	return "", fmt.Errorf("mode %.20q, %.40q, %.40q is none that is translated: nearest that reads floor(i in/out), and linear with half pixels", mode, at, round)
}
