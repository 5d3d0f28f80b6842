package checkpoint

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"

	"herbarium/format"
)

// contiguous returns the strides of a row-major tensor, in elements.
func contiguous(shape []int) []int {
	stride := make([]int, len(shape))
	n := 1
	for a := len(shape) - 1; a >= 0; a-- {
		stride[a] = n
		n *= max(shape[a], 1)
	}
	return stride
}

// bytes is at most the size of the file: storages.find and the safetensors reader see to that.
func (s *storage) bytes() int { return s.count * s.dtype.Size() }

// maxRank is the most axes that PyTorch's own kernels take.
const maxRank = 64

// check says whether the tensor lies inside its storage, so that nothing it claims is larger than what came. Tensors
// that repeat elements (expanded ones) may claim more than that, and are refused.
func (t *Tensor) check() error {
	if len(t.Shape) > maxRank || len(t.stride) != len(t.Shape) {
		return fmt.Errorf("%d axes and %d strides", len(t.Shape), len(t.stride))
	}
	count, last := uint64(1), uint64(0)
	var over bool
	for a, d := range t.Shape {
		if d < 0 || t.stride[a] < 0 || t.offset < 0 {
			return fmt.Errorf("shape %v, stride %v, offset %d: a negative number", t.Shape, t.stride, t.offset)
		}
		count = product(count, uint64(d), &over)
		last = sum(last, product(uint64(max(d, 1)-1), uint64(t.stride[a]), &over), &over)
	}
	last = sum(last, uint64(max(t.offset, 0)), &over)
	room := uint64(t.storage.bytes() / t.DType.Size())
	switch {
	case slices.Contains(t.Shape, 0):
		return nil
	case over || t.offset < 0 || last >= room:
		return fmt.Errorf("shape %v, stride %v, offset %d reach beyond the %d elements of its storage", t.Shape, t.stride, t.offset, room)
	case count > room:
		return errors.New("it repeats its elements (an expanded tensor): save a clone of it")
	}
	return nil
}

func product(a, b uint64, over *bool) uint64 {
	hi, lo := bits.Mul64(a, b)
	*over = *over || hi != 0
	return lo
}

func sum(a, b uint64, over *bool) uint64 {
	s, carry := bits.Add64(a, b, 0)
	*over = *over || carry != 0
	return s
}

// Float32s returns the elements in row-major order: a view of the file where it holds them so, else a copy. Halves,
// bfloat16 and doubles are converted; a type that is no float is an error.
func (t *Tensor) Float32s() ([]float32, error) {
	switch t.DType {
	case format.F16, format.BF16, format.F32, format.F64:
	default:
		return nil, fmt.Errorf("tensor %q is %s, not of a float type", t.Name, t.DType)
	}
	raw := format.Tensor{Name: t.Name, DType: t.DType, Shape: t.Shape, Data: t.gather()}
	return format.Float32s(&raw)
}

// gather returns the bytes of the elements in row-major order, little-endian.
func (t *Tensor) gather() []byte {
	if slices.Contains(t.Shape, 0) {
		return []byte{}
	}
	size := t.DType.Size()
	count := 1
	for _, d := range t.Shape {
		count *= d
	}
	from := t.storage.data[t.offset*size:]
	if !t.storage.swapped && t.rowMajor() {
		return from[:count*size]
	}
	out := make([]byte, 0, count*size)
	index := make([]int, len(t.Shape))
	for at := 0; ; {
		element := from[at*size : (at+1)*size]
		if t.storage.swapped {
			for i := size - 1; i >= 0; i-- {
				out = append(out, element[i])
			}
		} else {
			out = append(out, element...)
		}
		a := len(index) - 1
		for ; a >= 0; a-- {
			at += t.stride[a]
			if index[a]++; index[a] < t.Shape[a] {
				break
			}
			at -= t.Shape[a] * t.stride[a]
			index[a] = 0
		}
		if a < 0 {
			return out
		}
	}
}

// rowMajor says whether the elements lie in row-major order without gaps. The stride of an axis of one element is of
// no consequence: PyTorch leaves anything there.
func (t *Tensor) rowMajor() bool {
	for a, want := range contiguous(t.Shape) {
		if t.Shape[a] != 1 && t.stride[a] != want {
			return false
		}
	}
	return true
}
