package onnx

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"herbarium/internal/graph"
)

// pad is Pad with zeros, or mirrored.
func pad(t *translator, n *node, in []*value) ([]*value, error) {
	name := "pads"
	if n.attr("paddings") != nil {
		name = "paddings"
	}
	from := 1
	if t.opset < 11 {
		from = -1
	}
	pads, err := list(n, name, in, from)
	if err != nil {
		return nil, err
	}
	rank := len(in[0].axes)
	axes, err := list(n, "axes", in, 3)
	if err != nil {
		return nil, err
	}
	if axes == nil {
		for a := range rank {
			axes = append(axes, a)
		}
	}
	return t.pads(n, in, pads, axes)
}

func (t *translator) pads(n *node, in []*value, pads, axes []int) ([]*value, error) {
	if len(pads) != 2*len(axes) || len(pads) == 0 {
		return nil, fmt.Errorf("its pads %v are not two for each of %d axes", pads, len(axes))
	}
	mode := n.text("mode", "constant")
	fill := n.float("value", 0)
	if t.opset >= 11 && len(in) > 2 && in[2] != nil {
		x, ok := scalar(in[2].c)
		if !ok {
			return nil, errors.New("its value is no constant number")
		}
		fill = x
	}
	if slices.Max(pads) == 0 && slices.Min(pads) == 0 {
		return []*value{in[0]}, nil
	}
	if mode != "constant" && mode != "reflect" {
		return nil, fmt.Errorf("mode %.20q: only constant and reflect are translated", mode)
	}
	if mode == "constant" && fill != 0 && !math.IsInf(fill, 0) { // zeros around what is less by so much
		return t.padsOf(n, in, pads, axes, fill)
	} else if mode == "constant" && fill != 0 {
		return nil, fmt.Errorf("it pads with %v", fill)
	}
	v, err := t.settled(in[0])
	if err != nil {
		return nil, err
	}
	order, rank := t.order(v), len(t.shape(v.at))
	pad := graph.Pad{Mode: "zeros", Before: make([]int, rank), After: make([]int, rank)}
	if mode == "reflect" {
		pad.Mode = mode
	}
	for i, a := range axes {
		before, after := pads[i], pads[i+len(axes)]
		if a, err = axis(a, len(order)); err != nil {
			return nil, err
		}
		if before == 0 && after == 0 {
			continue
		}
		if order[a] < 0 {
			return nil, fmt.Errorf("it pads axis %d, which is none of an image", a)
		}
		pad.Before[order[a]], pad.After[order[a]] = before, after
	}
	at, err := t.emit(spec{op: pad}, v.at)
	if err != nil {
		return nil, err
	}
	return []*value{t.arranged(at, order)}, nil
}

// padsOf pads with a number.
func (t *translator) padsOf(n *node, in []*value, pads, axes []int, fill float64) ([]*value, error) {
	less, err := t.affine(in[0], nil, repeated(float32(-fill), 1))
	if err != nil {
		return nil, err
	}
	zeros := &node{op: "Pad"}
	out, err := t.pads(zeros, []*value{less}, pads, axes)
	if err != nil {
		return nil, err
	}
	return one(t.affine(out[0], nil, repeated(float32(fill), 1)))
}
