package torch

import (
	"fmt"
	"runtime"
	"unsafe"

	"github.com/sugarme/gotch/libtch"

	"herbarium/format"
)

// DType is libtorch's scalar type number.
type DType int

const (
	U8   DType = 0
	I8   DType = 1
	I16  DType = 2
	I32  DType = 3
	I64  DType = 4
	F16  DType = 5
	F32  DType = 6
	F64  DType = 7
	C64  DType = 9 // pairs of float32
	Bool DType = 11
	BF16 DType = 15
)

// types pairs libtorch's scalar types with the stream's.
var types = []struct {
	torch  DType
	stream format.DType
}{
	{U8, format.U8}, {I8, format.I8}, {I16, format.I16}, {I32, format.I32}, {I64, format.I64},
	{F16, format.F16}, {F32, format.F32}, {F64, format.F64}, {Bool, format.Bool}, {BF16, format.BF16},
}

// noDType tells libtorch to keep the input's type.
const noDType int32 = -1

// Shape is the tensor's sizes.
func (t Tensor) Shape() []int {
	if t.c == nil {
		return nil
	}
	n := int(libtch.AtDim(t.c))
	if n == 0 {
		return []int{}
	}
	dims := make([]int64, n)
	libtch.AtShape(t.c, unsafe.Pointer(&dims[0]))
	shape := make([]int, n)
	for i, d := range dims {
		shape[i] = int(d)
	}
	return shape
}

// DType is the tensor's scalar type.
func (t Tensor) DType() DType { return DType(libtch.AtScalarType(t.c)) }

// Device is where the tensor lives.
func (t Tensor) Device() Device { return Device(int32(libtch.AtDevice(t.c))) }

// Len is the number of elements.
func (t Tensor) Len() int {
	n := 1
	for _, d := range t.Shape() {
		n *= d
	}
	return n
}

// blob is a CPU tensor made from Go memory by one pass of convert, which copies it.
func (s *Scope) blob(op string, data unsafe.Pointer, shape []int, dtype DType, convert func(view Tensor) Tensor) Tensor {
	dims, strides := int64s(shape), make([]int64, len(shape))
	n := int64(1)
	for i := len(dims) - 1; i >= 0; i-- {
		strides[i] = n
		n *= dims[i]
	}
	if n == 0 {
		return s.Zeros(shape, dtype, CPU)
	}
	var pin runtime.Pinner
	pin.Pin(data)
	defer pin.Unpin()
	view := s.own(op, libtch.AtTensorOfBlob(data, dims, strides, int(dtype)))
	defer s.Free(view)
	return convert(view)
}

// From copies Go values into a CPU tensor.
func From[T format.Element](s *Scope, shape []int, values []T) Tensor {
	t := format.Of("", shape, values)
	return s.Load(&t)
}

// Load copies a stream's tensor into a CPU tensor of the same type.
func (s *Scope) Load(t *format.Tensor) Tensor {
	dtype := streamType(t)
	if t.Len() == 0 {
		return s.Zeros(t.Shape, dtype, CPU)
	}
	return s.blob("load", unsafe.Pointer(&t.Data[0]), t.Shape, dtype, s.Clone)
}

// LoadAs copies a stream's tensor to a device as another type, in one pass where it can.
func (s *Scope) LoadAs(t *format.Tensor, dtype DType, device Device) Tensor {
	from := streamType(t)
	if from == dtype {
		return s.To(s.Load(t), device)
	}
	if t.Len() == 0 {
		return s.Zeros(t.Shape, dtype, device)
	}
	if device != CPU {
		return s.Cast(s.To(s.Load(t), device), dtype)
	}
	return s.blob("load", unsafe.Pointer(&t.Data[0]), t.Shape, from, func(v Tensor) Tensor { return s.Cast(v, dtype) })
}

func streamType(t *format.Tensor) DType {
	for _, pair := range types {
		if pair.stream == t.DType {
			if len(t.Data) != t.Len()*t.DType.Size() {
				fail("load", "tensor %q has %d bytes of %d", t.Name, len(t.Data), t.Len()*t.DType.Size())
			}
			return pair.torch
		}
	}
	fail("load", "tensor %q has type %q, which libtorch does not know", t.Name, t.DType)
	return 0
}

// Store copies a tensor from any device into a stream's tensor of the same type.
func (s *Scope) Store(name string, t Tensor) format.Tensor {
	dtype := t.DType()
	for _, pair := range types {
		if pair.torch == dtype {
			out := format.Tensor{Name: name, DType: pair.stream, Shape: t.Shape()}
			out.Data = make([]byte, out.Len()*pair.stream.Size())
			s.copyOut(t, out.Data, pair.stream.Size())
			return out
		}
	}
	fail("store", "tensor %q has libtorch's type %d, which a stream does not hold", name, dtype)
	return format.Tensor{}
}

func (s *Scope) copyOut(t Tensor, to []byte, size int) {
	if len(to) == 0 {
		return
	}
	libtch.AtCopyData(t.c, unsafe.Pointer(&to[0]), uint(len(to)/size), uint(size))
	if message := libtch.TakeLastErr(); message != "" {
		fail("copy", "%s", firstLine(message))
	}
}

// Read copies a tensor's elements into Go; the type must be the tensor's.
func Read[T format.Element](s *Scope, t Tensor) []T {
	stored := s.Store("", t)
	values, err := format.Values[T](&stored)
	if err != nil {
		fail("read", "%v", err)
	}
	return values
}

// Number is the value of a tensor with one element.
func (s *Scope) Number(t Tensor) float64 {
	if t.Len() != 1 {
		fail("number", "the tensor has shape %v, not one element", t.Shape())
	}
	return Read[float64](s, s.Cast(t, F64))[0]
}

func (t Tensor) String() string {
	if !t.Defined() {
		return "none"
	}
	return fmt.Sprintf("tensor%v on %s", t.Shape(), t.Device())
}

func int64s(v []int) []int64 {
	out := make([]int64, len(v))
	for i, x := range v {
		out[i] = int64(x)
	}
	return out
}
