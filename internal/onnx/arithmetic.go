package onnx

import (
	"errors"
	"fmt"
	"slices"

	"herbarium/internal/graph"
)

// sum is Add or Sum of two or more inputs.
func sum(t *translator, n *node, in []*value) ([]*value, error) { return t.folded(graph.Add{}, in) }

func product(t *translator, n *node, in []*value) ([]*value, error) { return t.folded(graph.Mul{}, in) }

// folded combines values of images, then each constant.
func (t *translator) folded(op graph.Op, in []*value) ([]*value, error) {
	var images []*value
	for _, v := range in {
		if v != nil && v.c == nil {
			images = append(images, v)
		}
	}
	out, err := t.combined(op, images)
	for _, v := range in {
		if err != nil {
			return nil, err
		}
		if v == nil || v.c == nil {
			continue
		}
		var simple *value
		if _, sum := op.(graph.Add); sum {
			simple, err = t.affine(out[0], nil, v.c)
		} else {
			simple, err = t.affine(out[0], v.c, nil)
		}
		if err != nil { // a number for each position, for example
			simple, err = t.broadcasted(op, out[0], v)
		}
		out = []*value{simple}
	}
	return out, err
}

// difference is a - b.
func difference(t *translator, n *node, in []*value) ([]*value, error) {
	if len(in) != 2 || in[1] == nil {
		return nil, errors.New("it needs two inputs")
	}
	if in[1].c != nil {
		minus, err := t.scaled(in[1].c, -1)
		if err != nil {
			return nil, err
		}
		return t.folded(graph.Add{}, []*value{in[0], {c: minus}})
	}
	minus, err := t.affine(in[1], repeated(-1, 1), nil)
	if err != nil {
		return nil, err
	}
	return t.folded(graph.Add{}, []*value{in[0], minus})
}

func quotient(t *translator, n *node, in []*value) ([]*value, error) {
	if len(in) != 2 || in[1] == nil {
		return nil, errors.New("it needs two inputs")
	}
	if in[1].c == nil {
		inverse, err := t.elementwise(spec{op: graph.Pow{Exponent: -1}}, in[1])
		if err != nil {
			return nil, err
		}
		return t.folded(graph.Mul{}, []*value{in[0], inverse[0]})
	}
	inverse, err := t.derived(in[1].c, in[1].c.Shape, func(from, to []float32) {
		for i := range from {
			to[i] = 1 / from[i]
		}
	})
	if err != nil {
		return nil, err
	}
	return t.folded(graph.Mul{}, []*value{in[0], {c: inverse}})
}

// power is x to the power of a number.
func power(t *translator, n *node, in []*value) ([]*value, error) {
	if len(in) == 2 && in[1] != nil {
		switch x, ok := scalar(in[1].c); {
		case ok && x == 1:
			return []*value{in[0]}, nil
		case ok && x == 2:
			return t.combined(graph.Mul{}, []*value{in[0], in[0]})
		case ok:
			return t.elementwise(spec{op: graph.Pow{Exponent: x}}, in[0])
		}
	}
	return nil, errors.New("its exponent is no constant number")
}

// combined adds or multiplies values, which ONNX aligns at their last axes; sizes of 1 are repeated.
func (t *translator) combined(op graph.Op, in []*value) ([]*value, error) {
	out := in[0]
	for _, v := range in[1:] {
		both, err := t.combinedTwo(op, out, v)
		if err != nil {
			both, err = t.broadcasted(op, out, v)
		}
		if err != nil {
			return nil, err
		}
		out = both
	}
	return []*value{{at: out.at, axes: out.axes, src: nil}}, nil
}

func (t *translator) combinedTwo(op graph.Op, a, b *value) (*value, error) {
	s := spec{op: op}
	if slices.Equal(t.shape(a.at), t.shape(b.at)) && slices.EqualFunc(a.axes, b.axes, func(x, y []atom) bool { return slices.Equal(joined(x), joined(y)) }) {
		at, err := t.emit(s, a.at, b.at)
		return &value{at: at, axes: a.axes}, err
	}
	shapes := fmt.Errorf("its inputs of shapes %v and %v are not in the same order of axes", a.dims(), b.dims())
	for _, v := range []**value{&a, &b} {
		p, err := t.plain(*v)
		if err != nil {
			return nil, err
		}
		*v = p
	}
	if len(t.shape(a.at)) != len(t.shape(b.at)) {
		if !t.picture(a.at) || !t.picture(b.at) {
			return nil, shapes
		}
		var errs [2]error
		a.at, errs[0] = t.lift(a.at)
		b.at, errs[1] = t.lift(b.at)
		if err := errors.Join(errs[0], errs[1]); err != nil {
			return nil, shapes
		}
	}
	if len(a.axes) < len(b.axes) {
		a, b = b, a
	}
	out := &value{axes: slices.Clone(a.axes)}
	for i, g := range b.axes {
		to := &out.axes[len(a.axes)-len(b.axes)+i]
		if len(*to) > 0 && len(g) > 0 && (*to)[0] != g[0] {
			return nil, shapes
		}
		if len(*to) == 0 {
			*to = g
		}
	}
	used := map[int]bool{}
	for _, g := range out.axes {
		if len(g) > 0 && used[g[0].axis] {
			return nil, shapes
		}
		if len(g) > 0 {
			used[g[0].axis] = true
		}
	}
	var err error
	out.at, err = t.emit(s, a.at, b.at)
	return out, err
}
