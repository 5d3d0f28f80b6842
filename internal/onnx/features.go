package onnx

import (
	"fmt"
	"slices"
)

// shuffled returns the node at after a shuffle of its channels, if that is what brings its axes into the order of row.
func (t *translator) shuffled(at int, row []atom) (int, bool) {
	if len(t.shape(at)) != 3 || len(row) < 2 || row[0].axis != 0 || row[0].stride != 1 {
		return 0, false
	}
	v := &value{at: at, axes: [][]atom{nil, row[:2], nil, nil}}
	for _, a := range row[2:] {
		if a.axis < 1 || v.axes[a.axis+1] != nil || a.axis == 1 && v.axes[3] != nil {
			return 0, false
		}
		v.axes[a.axis+1] = []atom{a}
	}
	p, err := t.plain(v)
	if err != nil {
		return 0, false
	}
	return p.at, true
}

// row is a value [N,F] that is a node [F], made so by a flatten.
func (t *translator) row(v *value) (*value, error) {
	at, from, err := t.features(v)
	if err == nil && from != nil {
		err = fmt.Errorf("its input of shape %v was flattened in another order than channels, height, width", v.dims())
	}
	if err != nil {
		return nil, err
	}
	out := &value{at: at, axes: slices.Clone(v.axes)}
	out.axes[len(out.axes)-1] = t.whole(at, 0)
	return out, nil
}

// features returns the number of a node [F] that gives the value, which is wanted as [N,F], and for each of its F
// where in the node it is (nil if they are in the same order).
func (t *translator) features(v *value) (at int, from []int, err error) {
	dims := v.dims()
	last := v.axes[len(v.axes)-1]
	for i, g := range v.axes[:len(v.axes)-1] {
		if len(g) > 1 || len(g) == 1 && (i > 0 || g[0].axis != batch) || slices.ContainsFunc(last, func(a atom) bool { return a.axis == batch }) {
			return 0, nil, fmt.Errorf("its input of shape %v is not one row of numbers for each image", dims)
		}
	}
	shape := t.shape(v.at)
	scale := make([]int, len(shape)) // elements of the node from one index of an axis to the next
	total := 1
	for a := len(shape) - 1; a >= 0; a-- {
		scale[a] = total
		total *= shape[a]
	}
	if total != dims[len(dims)-1] {
		return 0, nil, fmt.Errorf("its input of shape %v is a part of a larger tensor", dims)
	}
	last = joined(last)
	if at, ok := t.shuffled(v.at, last); ok {
		axes := slices.Clone(v.axes)
		axes[len(axes)-1] = slices.Concat(t.whole(at, 0), t.whole(at, 1), t.whole(at, 2))
		return t.features(&value{at: at, axes: axes})
	}
	if !slices.IsSortedFunc(last, func(a, b atom) int { return b.stride*scale[b.axis] - a.stride*scale[a.axis] }) {
		if err := t.spend(8 * total); err != nil {
			return 0, nil, err
		}
		from = []int{0}
		for _, a := range last {
			wider := make([]int, 0, len(from)*a.size)
			for _, f := range from {
				for i := range a.size {
					wider = append(wider, f+i*a.stride*scale[a.axis])
				}
			}
			from = wider
		}
	}
	if len(shape) == 1 {
		return v.at, from, nil
	}
	at, err = t.emit(flatten, v.at)
	return at, from, err
}
