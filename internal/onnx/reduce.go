package onnx

import (
	"errors"
	"fmt"
	"slices"

	"herbarium/internal/graph"
)

// reductions are the modes of graph.Reduce by ONNX's operators.
var reductions = map[string]string{"ReduceMean": "mean", "ReduceSum": "sum", "ReduceMax": "max", "ReduceL2": "l2"}

// reduce is one of ONNX's reductions of some axes.
func reduce(t *translator, n *node, in []*value) ([]*value, error) {
	v := in[0]
	axes, err := axesOf(n, in, 1, len(v.axes))
	if err != nil {
		return nil, err
	}
	if axes == nil && n.int("noop_with_empty_axes", 0) != 0 {
		return []*value{v}, nil
	}
	if axes == nil {
		for a := range v.axes {
			axes = append(axes, a)
		}
	}
	keep := n.int("keepdims", 1) != 0
	if mode := reductions[n.op]; mode != "" {
		return t.reduced(mode, v, axes, keep)
	}
	return t.reducedBy(n, v, axes, keep)
}

// reducedBy is a reduction that others make up.
func (t *translator) reducedBy(n *node, v *value, axes []int, keep bool) ([]*value, error) {
	function := func(v *value, s spec) (*value, error) { return first(t.elementwise(s, v)) }
	squares := func(v *value) (*value, error) { return first(t.combined(graph.Mul{}, []*value{v, v})) }
	minus := func(v *value) (*value, error) { return t.affine(v, repeated(-1, 1), nil) }
	exp, log, abs := spec{op: graph.Unary{Function: "exp"}}, spec{op: graph.Unary{Function: "log"}}, spec{op: graph.Unary{Function: "abs"}}
	var err error
	switch n.op {
	case "ReduceMin":
		if v, err = minus(v); err == nil {
			v, err = first(t.reduced("max", v, axes, keep))
		}
		if err == nil {
			v, err = minus(v)
		}
	case "ReduceL1":
		if v, err = function(v, abs); err == nil {
			v, err = first(t.reduced("sum", v, axes, keep))
		}
	case "ReduceSumSquare":
		if v, err = squares(v); err == nil {
			v, err = first(t.reduced("sum", v, axes, keep))
		}
	case "ReduceLogSum", "ReduceLogSumExp":
		if n.op == "ReduceLogSumExp" {
			v, err = function(v, exp)
		}
		if err == nil {
			v, err = first(t.reduced("sum", v, axes, keep))
		}
		if err == nil {
			v, err = function(v, log)
		}
	default:
		return nil, errors.New("this reduction is not among those that adopt translates")
	}
	return one(v, err)
}

// reduced takes the mean, sum, maximum or length over axes, in any order of axes: over height and width of an image a pooling.
func (t *translator) reduced(mode string, v *value, axes []int, keep bool) ([]*value, error) {
	if mode == "mean" && t.picture(v.at) {
		if out, err := t.pooledOver(v, axes, keep); err == nil {
			return out, nil
		}
	}
	over, ok := t.wholeAxes(v, axes)
	if !ok {
		p, f, err := t.straight(v)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(axes, func(a int) bool { return f.parts[a] > 1 || f.at(a) == f.batch && p.dims()[f.batch] > 1 }) {
			return nil, fmt.Errorf("it takes the %s over the batch", mode)
		}
		if slices.ContainsFunc(f.parts, func(n int) bool { return n > 1 }) { // put together where that is as before
			p = f.joined(p)
		}
		v = p
		if over, ok = t.wholeAxes(v, axes); !ok {
			return nil, fmt.Errorf("it takes the %s over a part of an axis of shape %v", mode, v.dims())
		}
	}
	at := v.at
	from := slices.Clone(t.shape(at))
	stays := keep || len(over) == len(from)
	if len(over) > 0 || mode == "l2" {
		var err error
		if len(over) == 0 {
			at, err = t.emit(spec{op: graph.Unary{Function: "abs"}}, at)
		} else {
			at, err = t.emit(spec{op: graph.Reduce{Mode: mode, Axes: over, Keep: stays}}, at)
		}
		if err != nil {
			return nil, err
		}
	}
	out := &value{at: at, axes: slices.Clone(v.axes)}
	if !stays {
		for i, g := range out.axes {
			out.axes[i] = slices.Clone(g)
			for k := range g {
				lower := 0
				for _, axis := range over {
					if axis < g[k].axis {
						lower++
					}
				}
				out.axes[i][k].axis -= lower
			}
		}
	}
	return []*value{without(out, axes, keep)}, nil
}

// without is a value whose axes have been reduced to one, with or without them.
func without(v *value, axes []int, keep bool) *value {
	for _, a := range slices.Backward(axes) {
		v.axes[a] = nil
		if !keep {
			v.axes = slices.Delete(v.axes, a, a+1)
		}
	}
	return v
}

// wholeAxes are the node's axes, rising, that some ONNX axes are made of, if of nothing else.
func (t *translator) wholeAxes(v *value, axes []int) ([]int, bool) {
	var over []int
	var atoms []atom
	for _, a := range axes {
		atoms = append(atoms, v.axes[a]...)
	}
	slices.SortFunc(atoms, func(a, b atom) int {
		if a.axis != b.axis {
			return a.axis - b.axis
		}
		return b.stride - a.stride
	})
	for _, g := range joined(atoms) {
		if g.axis == batch || g.size != t.side(v.at, g.axis) {
			return nil, false
		}
		over = append(over, g.axis)
	}
	return over, true
}

// pooledOver is the mean over height, width or both of an image as a pooling.
func (t *translator) pooledOver(v *value, axes []int, keep bool) ([]*value, error) {
	var seen [2]bool
	shape := t.shape(v.at)
	for _, a := range axes {
		for _, g := range joined(v.axes[a]) {
			if g.axis < 1 || g.size != shape[g.axis] {
				return nil, fmt.Errorf("it takes the mean over axis %d of shape %v, which is not height or width", a, v.dims())
			}
			seen[g.axis-1] = true
		}
	}
	at := v.at
	if len(shape) == 3 {
		one := graph.Pair{1, 1}
		kernel := one
		for a := range 2 {
			if seen[a] {
				kernel[a] = shape[a+1]
			}
		}
		s := spec{op: graph.GAP{}}
		if kernel != (graph.Pair{shape[1], shape[2]}) {
			s.op = graph.AvgPool{Kernel: kernel, Stride: one}
		}
		var err error
		if at, err = t.emit(s, at); err != nil {
			return nil, err
		}
	}
	return []*value{without(&value{at: at, axes: slices.Clone(v.axes)}, axes, keep)}, nil
}
