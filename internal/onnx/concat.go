package onnx

import (
	"errors"
	"fmt"
	"slices"

	"herbarium/internal/graph"
)

// concat joins values along an axis.
func concat(t *translator, n *node, in []*value) ([]*value, error) {
	if slices.Contains(in, nil) {
		return nil, errors.New("an input is missing")
	}
	rank := len(in[0].dims())
	a, err := axis(clamp(n.int("axis", 1)), rank)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(in, func(v *value) bool { return len(v.dims()) != rank }) {
		return nil, errors.New("it joins values of different numbers of axes")
	}
	in = slices.DeleteFunc(slices.Clone(in), func(v *value) bool { return v.dims()[a] == 0 })
	if len(in) == 1 {
		return []*value{in[0]}, nil
	}
	if out, err := t.concatAsTheyAre(in, a); err == nil {
		return []*value{out}, nil
	}
	out, err := t.concatLaid(in, a)
	return one(out, err)
}

// concatAsTheyAre joins values along an axis that is a whole axis of their nodes, which have the same order of axes.
func (t *translator) concatAsTheyAre(in []*value, a int) (*value, error) {
	rank := len(in[0].dims())
	var order []int
	var at []int
	for _, v := range in {
		if v.c != nil {
			return nil, errors.New("it joins images with a constant")
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
		if t.picture(p.at) {
			if p.at, err = t.lift(p.at); err != nil {
				return nil, err
			}
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
	i, err := t.emit(spec{op: graph.Concat{Axis: order[a]}}, at...)
	if err != nil {
		return nil, err
	}
	return t.arranged(i, order), nil
}

// concatLaid joins values in the order of axes that one of their nodes has already, or in ONNX's.
func (t *translator) concatLaid(in []*value, a int) (*value, error) {
	vs, f, err := t.apart(in...)
	if err != nil {
		return nil, err
	}
	if f.parts[a] > 1 {
		return nil, errors.New("it joins along the batch")
	}
	to := f.at(a)
	if f.batch == to { // one image: what is joined is no batch
		if slices.ContainsFunc(vs, func(v *value) bool { return v.c == nil && len(v.axes[to]) > 0 }) {
			return nil, errors.New("it joins along the batch")
		}
		f.batch = none
	}
	dims := slices.Clone(vs[0].dims())
	for _, v := range vs[1:] {
		for i, d := range v.dims() {
			if i != to && i != f.batch && d != dims[i] {
				return nil, fmt.Errorf("it joins shapes %v and %v", in[0].dims(), v.dims())
			}
		}
	}
	order := f.rest()
	for _, v := range vs {
		if own, ok := t.own(v, f); ok && slices.Contains(own, to) && complete(own, f.rest()) {
			order = own
			break
		}
	}
	at := make([]int, len(vs))
	for i, v := range vs {
		if at[i], err = t.lay(v, order); err != nil {
			return nil, err
		}
	}
	i, err := t.emit(spec{op: graph.Concat{Axis: slices.Index(order, to)}}, at...)
	if err != nil {
		return nil, err
	}
	out := &value{at: i, axes: make([][]atom, f.at(len(f.parts)))}
	for k, axis := range order {
		if axis != none {
			out.axes[axis] = t.whole(i, k)
		}
	}
	if f.batch != none {
		out.axes[f.batch] = t.whole(i, batch)
	}
	return f.joined(out), nil
}

// complete says whether an order has all axes.
func complete(order, all []int) bool {
	return !slices.ContainsFunc(all, func(a int) bool { return !slices.Contains(order, a) })
}
