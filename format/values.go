package format

import (
	"encoding/binary"
	"fmt"
	"math"
	"reflect"
	"unsafe"
)

// Element is a Go type that a tensor's elements can be seen as.
type Element interface {
	~bool | ~uint8 | ~int8 | ~int16 | ~int32 | ~int64 | ~float32 | ~float64
}

func dtypeOf[T Element]() DType {
	switch reflect.TypeFor[T]().Kind() {
	case reflect.Bool:
		return Bool
	case reflect.Uint8:
		return U8
	case reflect.Int8:
		return I8
	case reflect.Int16:
		return I16
	case reflect.Int32:
		return I32
	case reflect.Int64:
		return I64
	case reflect.Float32:
		return F32
	default:
		return F64
	}
}

// littleEndian says whether this host stores numbers as a stream does.
func littleEndian() bool {
	return binary.NativeEndian.Uint16([]byte{1, 0}) == 1
}

// Of makes a tensor of values. On little-endian hosts it shares their memory.
// Whether shape and values agree is checked when the tensor is written.
func Of[T Element](name string, shape []int, values []T) Tensor {
	t := Tensor{Name: name, DType: dtypeOf[T](), Shape: shape, Data: []byte{}}
	if len(values) == 0 {
		return t
	}
	size := int(unsafe.Sizeof(values[0]))
	t.Data = unsafe.Slice((*byte)(unsafe.Pointer(&values[0])), len(values)*size)
	if !littleEndian() {
		t.Data = swapped(t.Data, size)
	}
	return t
}

// Values returns the elements of t as a Go slice, which shares memory with
// t.Data where that is aligned and the host is little-endian. It fails if the
// element type differs or Data has another size than the shape asks for.
func Values[T Element](t *Tensor) ([]T, error) {
	if want := dtypeOf[T](); t.DType != want {
		return nil, fmt.Errorf("tensor %q: is %s, not %s", t.Name, t.DType, want)
	}
	if err := t.check(); err != nil {
		return nil, err
	}
	if len(t.Data) == 0 {
		return []T{}, nil
	}
	if t.DType == Bool { // any other byte in a Go bool is undefined behavior
		for i, b := range t.Data {
			if b > 1 {
				return nil, fmt.Errorf("tensor %q: element %d is %d, not a BOOL (0 or 1)", t.Name, i, b)
			}
		}
	}
	var zero T
	size := int(unsafe.Sizeof(zero))
	data := t.Data
	if !littleEndian() {
		data = swapped(data, size)
	}
	p := unsafe.Pointer(&data[0])
	if uintptr(p)%unsafe.Alignof(zero) == 0 {
		return unsafe.Slice((*T)(p), len(data)/size), nil
	}
	values := make([]T, len(data)/size)
	copy(unsafe.Slice((*byte)(unsafe.Pointer(&values[0])), len(data)), data)
	return values, nil
}

// Float32s returns the elements of t as float32: shared for F32 (as Values
// does), converted from F16, BF16, F64 and U8. Other types are an error.
func Float32s(t *Tensor) ([]float32, error) {
	if t.DType == F32 {
		return Values[float32](t)
	}
	if err := t.check(); err != nil {
		return nil, err
	}
	out := make([]float32, len(t.Data)/t.DType.Size())
	switch t.DType {
	case U8:
		for i, b := range t.Data {
			out[i] = float32(b)
		}
	case BF16:
		for i := range out {
			out[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(t.Data[2*i:])) << 16)
		}
	case F16:
		for i := range out {
			out[i] = half(binary.LittleEndian.Uint16(t.Data[2*i:]))
		}
	case F64:
		for i := range out {
			out[i] = float32(math.Float64frombits(binary.LittleEndian.Uint64(t.Data[8*i:])))
		}
	default:
		return nil, fmt.Errorf("tensor %q: is %s, not a float type or U8", t.Name, t.DType)
	}
	return out, nil
}

// half converts a binary16 exactly; a NaN keeps its payload.
func half(h uint16) float32 {
	sign := uint32(h&0x8000) << 16
	exp := uint32(h>>10) & 31
	frac := uint32(h) & 0x3ff
	switch {
	case exp == 31:
		return math.Float32frombits(sign | 0x7f800000 | frac<<13)
	case exp > 0:
		return math.Float32frombits(sign | (exp+112)<<23 | frac<<13)
	}
	// Subnormal: frac * 2^-24, exact in a float32.
	v := float32(frac) * (1.0 / (1 << 24))
	return math.Float32frombits(sign | math.Float32bits(v))
}

// swapped returns a copy with the bytes of each element reversed.
func swapped(data []byte, size int) []byte {
	out := make([]byte, len(data))
	for i := range data {
		out[i-i%size+size-1-i%size] = data[i]
	}
	return out
}
