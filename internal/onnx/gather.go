package onnx

import (
	"fmt"
	"slices"
)

// split is Split into parts of equal or given sizes.
func split(t *translator, n *node, in []*value) ([]*value, error) {
	v := in[0]
	a, err := axis(clamp(n.int("axis", 0)), len(v.axes))
	if err != nil {
		return nil, err
	}
	sizes, err := partsOf(n, in, v.dims()[a])
	if err != nil {
		return nil, err
	}
	var out []*value
	from := 0
	for _, size := range sizes {
		part, err := t.cut(v, a, from, from+size, 1)
		if err != nil {
			return nil, err
		}
		out = append(out, &value{at: part.at, axes: part.axes})
		from += size
	}
	return out, nil
}

// partsOf are the sizes of the parts of an axis of d.
func partsOf(n *node, in []*value, d int) ([]int, error) {
	sizes, err := list(n, "split", in, 1)
	if err != nil {
		return nil, err
	}
	if sizes == nil {
		part := (d + len(n.out) - 1) / max(len(n.out), 1)
		for left := d; left > 0; left -= part {
			sizes = append(sizes, min(part, left))
		}
	}
	left := d
	for _, size := range sizes {
		if left -= size; size < 1 || left < 0 {
			return nil, fmt.Errorf("its parts %v are not those of an axis of %d", sizes, d)
		}
	}
	if left > 0 {
		return nil, fmt.Errorf("its parts %v are not all of an axis of %d", sizes, d)
	}
	return sizes, nil
}

// gather takes constant indexes of an axis: one of them, or several, of which each run of neighbors is one slice. Of
// GatherND it takes what is a Gather of the first axis.
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
	shape, d := in[1].c.Shape, v.dims()[a]
	if n.op == "GatherND" {
		if n.int("batch_dims", 0) != 0 || len(shape) != 2 || shape[1] != 1 {
			return nil, fmt.Errorf("its indices have shape %v: one axis is translated", shape)
		}
		shape = shape[:1]
	}
	rank := len(shape)
	if rank > 1 && len(index) == d && len(v.axes)+rank-1 <= maxRank && counts(index) { // a reshape; of as_strided
		axes, err := regroup(v.axes, slices.Concat(v.dims()[:a], shape, v.dims()[a+1:]))
		if err != nil {
			return nil, fmt.Errorf("it %w", err)
		}
		return []*value{{at: v.at, axes: axes}}, nil
	}
	if len(index) == 0 || len(index) > 4096 || rank > 1 {
		return nil, fmt.Errorf("its indices have shape %v: one axis of few is translated", shape)
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
