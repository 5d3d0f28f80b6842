package onnx

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"herbarium/format"
)

// fold evaluates a node whose inputs are all constants: what exporters leave of computing shapes, and of preparing
// weights. An input that is absent is nil.
func (t *translator) fold(n *node, in []*constant) (*constant, error) {
	if n.op == "Constant" {
		return t.given(n)
	}
	if len(in) == 0 || in[0] == nil {
		return nil, errors.New("its first input is missing")
	}
	x := in[0]
	switch n.op {
	case "Identity", "Dropout": // a parameter that equals another has its own name here
		return &constant{Name: n.out[0], DType: x.DType, Shape: x.Shape, Data: x.Data}, nil
	case "Cast":
		return t.cast(x, types[n.int("to", 0)])
	case "QuantizeLinear", "DequantizeLinear":
		return t.requantized(n, in)
	case "Shape":
		dims := make([]int64, len(x.Shape))
		for i, d := range x.Shape {
			dims[i] = int64(d)
		}
		c := format.Of("", []int{len(dims)}, dims)
		return &c, nil
	case "ConstantOfShape":
		return t.filled(n, x)
	case "Range":
		return t.counted(in)
	case "Reshape", "Flatten", "Squeeze", "Unsqueeze":
		dims, err := newDims(n, constants(in), x.Shape)
		if err != nil {
			return nil, err
		}
		if size, err := count(dims); err != nil || size != x.Len() {
			return nil, fmt.Errorf("shape %v for an input of %v", dims, x.Shape)
		}
		return &constant{Name: x.Name, DType: x.DType, Shape: dims, Data: x.Data}, nil
	case "Transpose":
		order, err := permutation(n, len(x.Shape))
		if err != nil {
			return nil, err
		}
		shape, stride := make([]int, len(order)), make([]int, len(order))
		for i, a := range order {
			shape[i], stride[i] = x.Shape[a], steps(x.Shape)[a]
		}
		return t.strided(x, shape, stride, 0)
	case "Expand":
		want, err := list(n, "shape", constants(in), 1)
		if err != nil || len(want) > maxRank {
			return nil, or(err, "its shape has too many axes")
		}
		shape, err := broadcast(x.Shape, want)
		if err != nil {
			return nil, err
		}
		return t.expanded(x, shape)
	case "Slice":
		return t.sliced(n, in)
	case "Gather":
		return t.gatheredAlong(n, in)
	case "Concat":
		return t.joined(n, in)
	}
	return t.calculated(n, in)
}

// constants are the same as values.
func constants(in []*constant) []*value {
	out := make([]*value, len(in))
	for i, c := range in {
		if c != nil {
			out[i] = &value{c: c}
		}
	}
	return out
}

// given is the Constant of a node.
func (t *translator) given(n *node) (*constant, error) {
	for i := range n.attributes {
		a := &n.attributes[i]
		var c constant
		switch a.name {
		case "value":
			if a.t == nil {
				return nil, errors.New("its tensor is missing")
			}
			return a.t.constant(t.open)
		case "value_float":
			c = format.Of("", nil, []float32{a.f})
		case "value_int":
			c = format.Of("", nil, []int64{a.i})
		case "value_floats":
			v := floatsOf(a.floats)
			c = format.Of("", []int{len(v)}, v)
		case "value_ints":
			c = format.Of("", []int{len(a.ints)}, a.ints)
		default:
			continue
		}
		return &c, nil
	}
	return nil, errors.New("it holds none of the values that are translated")
}

// cast converts numbers: floats to F32, integers to I64.
func (t *translator) cast(x *constant, to format.DType) (*constant, error) {
	if err := t.spend(8 * x.Len()); err != nil {
		return nil, err
	}
	var c constant
	switch to {
	case format.F16, format.BF16, format.F32, format.F64:
		if isFloat(x) {
			return x, nil
		}
		v, err := floats(x)
		if err != nil {
			return nil, err
		}
		c = format.Of(x.Name, x.Shape, v)
	case format.I64, format.I32, format.I16, format.I8, format.U8, format.Bool:
		v, err := whole(x)
		if err != nil {
			return nil, err
		}
		for i := range v {
			if to == format.Bool && v[i] != 0 {
				v[i] = 1
			}
		}
		c = format.Of(x.Name, x.Shape, v)
	default:
		return nil, errors.New("casts to a type that is neither float nor integer")
	}
	return &c, nil
}

// whole are the elements as integers; floats are cut off.
func whole(x *constant) ([]int64, error) {
	if !isFloat(x) {
		return ints(x)
	}
	v, err := floats(x)
	out := make([]int64, len(v))
	for i := range v {
		if !(math.Abs(float64(v[i])) < 1<<53) {
			return nil, fmt.Errorf("%v is no integer", v[i])
		}
		out[i] = int64(v[i])
	}
	return out, err
}

// filled is ConstantOfShape.
func (t *translator) filled(n *node, shape *constant) (*constant, error) {
	zero := format.Of("", []int{1}, []float32{0})
	x := &zero
	if a := n.typed("value", aTensor); a != nil && a.t != nil {
		var err error
		if x, err = a.t.constant(t.open); err != nil {
			return nil, err
		}
	}
	dims, err := list(n, "shape", []*value{{c: shape}}, 0)
	if err != nil || len(dims) > maxRank || x.Len() != 1 {
		return nil, or(err, "its shape has too many axes, or its value is not one number")
	}
	return t.expanded(&constant{DType: x.DType, Data: x.Data, Shape: slices.Repeat([]int{1}, len(dims))}, dims)
}

// counted is Range of integers.
func (t *translator) counted(in []*constant) (*constant, error) {
	var v [3]int64
	if len(in) != 3 {
		return nil, errors.New("it needs three inputs")
	}
	for i := range v {
		if in[i] == nil || in[i].Len() != 1 {
			return nil, errors.New("its inputs are not three numbers")
		}
		list, err := ints(in[i])
		if err != nil {
			return nil, err
		}
		v[i] = min(max(list[0], -maxSize), maxSize)
	}
	if v[2] == 0 {
		return nil, errors.New("its step is 0")
	}
	n := max((v[1]-v[0]+v[2]-sign(v[2]))/v[2], 0)
	if err := t.spend(8 * int(n)); err != nil {
		return nil, err
	}
	out := make([]int64, n)
	for i := range out {
		out[i] = v[0] + int64(i)*v[2]
	}
	c := format.Of("", []int{len(out)}, out)
	return &c, nil
}

func sign(v int64) int64 {
	if v < 0 {
		return -1
	}
	return 1
}
