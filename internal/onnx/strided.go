package onnx

import (
	"errors"
	"fmt"
	"slices"
)

// steps are the distances between neighbors along each axis of a tensor, in elements.
func steps(shape []int) []int {
	out := make([]int, len(shape))
	n := 1
	for a := len(shape) - 1; a >= 0; a-- {
		out[a] = n
		n *= shape[a]
	}
	return out
}

// strided copies elements of x: that at index i of shape lies at offset + sum of i stride. All of these lie in x.
func (t *translator) strided(x *constant, shape, stride []int, offset int) (*constant, error) {
	n, err := count(shape)
	if err != nil {
		return nil, err
	}
	size := x.DType.Size()
	if err := t.spend(n * size); err != nil {
		return nil, err
	}
	out := &constant{Name: x.Name, DType: x.DType, Shape: shape, Data: make([]byte, 0, n*size)}
	index := make([]int, len(shape))
	for at := offset; len(out.Data) < n*size; {
		out.Data = append(out.Data, x.Data[at*size:(at+1)*size]...)
		for a := len(index) - 1; a >= 0; a-- {
			at += stride[a]
			if index[a]++; index[a] < shape[a] {
				break
			}
			at -= shape[a] * stride[a]
			index[a] = 0
		}
	}
	return out, nil
}

// broadcast is the shape of what combines a and b, aligned at their last axes.
func broadcast(a, b []int) ([]int, error) {
	if len(a) < len(b) {
		a, b = b, a
	}
	out := slices.Clone(a)
	for i, d := range b {
		to := &out[len(a)-len(b)+i]
		if *to == 1 {
			*to = d
		} else if d != 1 && d != *to {
			return nil, fmt.Errorf("shapes %v and %v do not fit each other", a, b)
		}
	}
	return out, nil
}

// expanded repeats x to shape, which it fits.
func (t *translator) expanded(x *constant, shape []int) (*constant, error) {
	if slices.Equal(x.Shape, shape) {
		return x, nil
	}
	stride := make([]int, len(shape))
	lead := len(shape) - len(x.Shape)
	for a, s := range steps(x.Shape) {
		if x.Shape[a] != 1 {
			stride[lead+a] = s
		}
	}
	return t.strided(x, shape, stride, 0)
}

// sliced is Slice of a constant, backwards, too.
func (t *translator) sliced(n *node, in []*constant) (*constant, error) {
	x := in[0]
	var lists [4][]int
	for i, name := range []string{"starts", "ends", "axes", "steps"} {
		from := i + 1
		if t.opset < 10 {
			from = -1
		}
		var err error
		if lists[i], err = list(n, name, constants(in), from); err != nil {
			return nil, err
		}
	}
	shape, stride, offset := slices.Clone(x.Shape), steps(x.Shape), 0
	for i, start := range lists[0] {
		a, step := i, 1
		var err error
		if lists[2] != nil && i < len(lists[2]) {
			a = lists[2][i]
		}
		if i < len(lists[3]) {
			step = lists[3][i]
		}
		if a, err = axis(a, len(shape)); err != nil || i >= len(lists[1]) || step == 0 || shape[a] != x.Shape[a] {
			return nil, or(err, "its starts, ends, axes and steps do not fit")
		}
		d := shape[a]
		from, to := start, lists[1][i]
		if from < 0 {
			from += d
		}
		if to < 0 {
			to += d
		}
		if step > 0 {
			from, to = min(max(from, 0), d), min(max(to, 0), d)
			shape[a] = max((to-from+step-1)/step, 0)
		} else {
			from, to = min(max(from, 0), d-1), min(max(to, -1), d-1)
			shape[a] = max((from-to-step-1)/-step, 0)
		}
		offset += from * stride[a]
		stride[a] *= step
	}
	return t.strided(x, shape, stride, offset)
}

// gatheredAlong is Gather of a constant.
func (t *translator) gatheredAlong(n *node, in []*constant) (*constant, error) {
	x := in[0]
	a, err := axis(clamp(n.int("axis", 0)), len(x.Shape))
	if err != nil || len(in) < 2 || in[1] == nil {
		return nil, or(err, "its indices are missing")
	}
	index, err := ints(in[1])
	if err != nil {
		return nil, err
	}
	shape := slices.Concat(x.Shape[:a], in[1].Shape, x.Shape[a+1:])
	size, err := count(shape)
	if err != nil || len(shape) > maxRank {
		return nil, or(err, "its shape is beyond all bounds")
	}
	d, block := x.Shape[a], steps(x.Shape)[a]*x.DType.Size()
	if err := t.spend(size * x.DType.Size()); err != nil {
		return nil, err
	}
	out := &constant{Name: x.Name, DType: x.DType, Shape: shape, Data: make([]byte, 0, size*x.DType.Size())}
	for at := 0; at < len(x.Data) && block > 0; at += d * block {
		for _, i := range index {
			if i < 0 {
				i += int64(d)
			}
			if i < 0 || i >= int64(d) {
				return nil, fmt.Errorf("index %d is beyond an axis of %d", i, d)
			}
			from := at + int(i)*block
			out.Data = append(out.Data, x.Data[from:from+block]...)
		}
	}
	return out, nil
}

// joined is Concat of constants.
func (t *translator) joined(n *node, in []*constant) (*constant, error) {
	a, err := axis(clamp(n.int("axis", 0)), len(in[0].Shape))
	if err != nil {
		return nil, err
	}
	out := &constant{DType: in[0].DType, Shape: slices.Clone(in[0].Shape)}
	out.Shape[a] = 0
	size := 0
	for _, c := range in {
		if c == nil || c.DType != out.DType || len(c.Shape) != len(out.Shape) {
			return nil, errors.New("it joins constants of different types or ranks")
		}
		for i, d := range c.Shape {
			if i != a && d != out.Shape[i] {
				return nil, fmt.Errorf("it joins shapes %v and %v", in[0].Shape, c.Shape)
			}
		}
		out.Shape[a] += c.Shape[a]
		size += len(c.Data)
	}
	if err := t.spend(size); err != nil {
		return nil, err
	}
	rows, err := count(out.Shape[:a])
	if err != nil {
		return nil, err
	}
	for r := range rows {
		for _, c := range in {
			part := len(c.Data) / rows
			out.Data = append(out.Data, c.Data[r*part:(r+1)*part]...)
		}
	}
	return out, nil
}
