package onnx

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"strconv"

	"herbarium/format"
)

// A constant is a tensor that the file gives, or that follows from what it gives. Axes are counted as ONNX counts them,
// the batch among them.
type constant = format.Tensor

// types are ONNX's types of elements, by their numbers in TensorProto.DataType.
var types = map[int64]format.DType{1: format.F32, 2: format.U8, 3: format.I8, 5: format.I16, 6: format.I32, 7: format.I64,
	9: format.Bool, 10: format.F16, 11: format.F64, 16: format.BF16}

const maxRank = 8

// count is the product of dims, which are at least 0, as long as it is below 2^50.
func count(dims []int) (int, error) {
	n := uint64(1)
	for _, d := range dims {
		hi, lo := bits.Mul64(n, uint64(d))
		if d < 0 || hi != 0 || lo >= 1<<50 {
			return 0, fmt.Errorf("shape %v is beyond all bounds", dims)
		}
		n = lo
	}
	return int(n), nil
}

// An Open returns the content of a file beside the model, by the name that the model has for it.
type Open func(name string) ([]byte, error)

// constant checks the tensor and returns it, a view of the file wherever its numbers are raw.
func (t *tensorProto) constant(open Open) (*constant, error) {
	dtype, ok := types[t.elem]
	if t.elem == unsigned16 {
		return nil, errUnsigned16
	}
	if !ok {
		return nil, fmt.Errorf("its elements are of ONNX's type %d, which is none of floats, integers to 64 bits and booleans", t.elem)
	}
	if len(t.dims) > maxRank {
		return nil, fmt.Errorf("%d axes, more than %d", len(t.dims), maxRank)
	}
	c := &constant{Name: t.name, DType: dtype, Shape: make([]int, len(t.dims))}
	for i, d := range t.dims {
		c.Shape[i] = int(d)
	}
	n, err := count(c.Shape)
	if err != nil {
		return nil, err
	}
	size := n * dtype.Size()
	switch {
	case t.isExternal:
		c.Data, err = t.outside(open, size)
	case t.raw != nil || t.fixed == nil && t.varints == nil:
		c.Data = t.raw
	case dtype == format.F32 || dtype == format.F64:
		c.Data = t.fixed
	default:
		for _, v := range t.varints {
			c.Data = append(c.Data, binary.LittleEndian.AppendUint64(nil, uint64(v))[:dtype.Size()]...)
		}
	}
	if err == nil && len(c.Data) != size {
		err = fmt.Errorf("%d bytes of data for shape %v of %s, which takes %d", len(c.Data), c.Shape, dtype, size)
	}
	return c, err
}

// outside is the part of another file that holds the tensor.
func (t *tensorProto) outside(open Open, size int) ([]byte, error) {
	var location string
	offset, length := 0, size
	for _, e := range t.external {
		var err error
		switch e.key {
		case "location":
			location = e.value
		case "offset":
			offset, err = strconv.Atoi(e.value)
		case "length":
			length, err = strconv.Atoi(e.value)
		}
		if err != nil {
			return nil, fmt.Errorf("its %s %.40q is not a number", e.key, e.value)
		}
	}
	if location == "" {
		return nil, errors.New("its elements are in another file that has no name")
	}
	data, err := open(location)
	if err != nil {
		return nil, err
	}
	if offset < 0 || length < 0 || offset > len(data) || length > len(data)-offset {
		return nil, fmt.Errorf("its elements are %d bytes from byte %d of %q, which has %d", length, offset, location, len(data))
	}
	return data[offset : offset+length], nil
}

// ints are the elements of a constant of integers or booleans.
func ints(c *constant) ([]int64, error) {
	size := c.DType.Size()
	out := make([]int64, len(c.Data)/size)
	for i := range out {
		b := c.Data[i*size:]
		switch c.DType {
		case format.I64:
			out[i] = int64(binary.LittleEndian.Uint64(b))
		case format.I32:
			out[i] = int64(int32(binary.LittleEndian.Uint32(b)))
		case format.I16:
			out[i] = int64(int16(binary.LittleEndian.Uint16(b)))
		case format.I8:
			out[i] = int64(int8(b[0]))
		case format.U8, format.Bool:
			out[i] = int64(b[0])
		default:
			return nil, fmt.Errorf("constant %q is %s where integers are wanted", c.Name, c.DType)
		}
	}
	return out, nil
}

// isFloat says whether the constant's elements are floats.
func isFloat(c *constant) bool {
	switch c.DType {
	case format.F16, format.BF16, format.F32, format.F64:
		return true
	}
	return false
}

// floats are the elements of a constant of any type: a view of the file where it holds float32.
func floats(c *constant) ([]float32, error) {
	if isFloat(c) {
		return format.Float32s(c)
	}
	list, err := ints(c)
	out := make([]float32, len(list))
	for i, v := range list {
		out[i] = float32(v)
	}
	return out, err
}

// scalar returns the one number of a constant that has one element.
func scalar(c *constant) (float64, bool) {
	if c == nil || c.Len() != 1 {
		return 0, false
	}
	v, err := floats(c)
	if err != nil {
		return 0, false
	}
	return float64(v[0]), true
}
