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

// cut takes from:to:step of ONNX axis a of the value.
func (t *translator) cut(v *value, a, from, to, step int) (*value, error) {
	out, err := t.cutOut(v, a, from, to, step)
	if err == nil {
		return out, nil
	}
	p, f, failed := t.straight(v)
	if failed != nil || f.parts[a] > 1 {
		return nil, err
	}
	if out, err = t.cutOut(p, f.at(a), from, to, step); err != nil {
		return nil, err
	}
	return f.joined(out), nil
}

// cutOut is cut of an axis that may be a part of the node's: groups of channels, or every so many of them.
func (t *translator) cutOut(v *value, a, from, to, step int) (*value, error) {
	g := joined(v.axes[a])
	n, d := (to-from+step-1)/step, v.dims()[a]
	if from == 0 && n == d {
		return v, nil
	}
	if len(g) != 1 {
		p, err := t.plain(v)
		if err != nil {
			if p, err = t.row(v); err != nil {
				return nil, err
			}
		}
		v, g = p, p.axes[a]
	}
	if g[0].axis == batch {
		return nil, errors.New("it takes a part of the batch")
	}
	x, all := g[0], t.side(v.at, g[0].axis)
	s := graph.Slice{}
	rank := len(t.shape(v.at))
	s.Start, s.Stop, s.Step = make([]int, rank), make([]int, rank), slices.Repeat([]int{1}, rank)
	inner := 1 // of other atoms of this axis, by how much their strides shrink
	switch {
	case x.stride*x.size == all && (step == 1 || x.stride == 1): // outermost
		s.Start[x.axis], s.Step[x.axis] = from*x.stride, step
		if to < d { // else to the end, also of images of another size
			s.Stop[x.axis] = to * x.stride
		}
	case x.stride == 1 && n == 1: // innermost
		s.Start[x.axis], s.Step[x.axis] = from, x.size
		inner = x.size
	default:
		return nil, fmt.Errorf("it takes a part of an axis of shape %v that a reshape has cut", v.dims())
	}
	at, err := t.emit(spec{op: s}, v.at)
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
