package onnx

import (
	"errors"
	"slices"

	"herbarium/internal/graph"
)

// concat joins values along an axis that is a whole axis of their nodes.
func concat(t *translator, n *node, in []*value) ([]*value, error) {
	rank := len(in[0].axes)
	a, err := axis(clamp(n.int("axis", 1)), rank)
	if err != nil {
		return nil, err
	}
	var order []int
	var at []int
	for _, v := range in {
		if v == nil || v.c != nil || len(v.axes) != rank {
			return nil, errors.New("it joins images with a constant, or with another number of axes")
		}
		if rank == 2 { // [N,F]: rows of numbers, whatever they were before
			row, err := t.row(v)
			if err != nil {
				return nil, err
			}
			at, order = append(at, row.at), []int{batch, 0}
			continue
		}
		p, err := t.plain(v)
		if err != nil {
			return nil, err
		}
		if p.at, err = t.lift(p.at); err != nil {
			return nil, err
		}
		this := t.order(p)
		if order != nil && !slices.Equal(order, this) {
			return nil, errors.New("its inputs are not in the same order of axes")
		}
		at, order = append(at, p.at), this
	}
	if order[a] < 0 {
		return nil, errors.New("it joins along the batch")
	}
	if len(at) == 1 {
		return []*value{in[0]}, nil
	}
	i, err := t.emit(spec{op: graph.Concat{Axis: order[a]}}, at...)
	if err != nil {
		return nil, err
	}
	return []*value{t.arranged(i, order)}, nil
}
