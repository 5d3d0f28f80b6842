package format

import (
	"fmt"
	"math"
	"math/bits"
	"unicode/utf8"
)

// Limits bounds what a [Reader] accepts. A zero field means its default.
type Limits struct {
	Header   int   // bytes of a document's length and JSON header: 1 MiB; at most one frame
	Tensors  int   // tensors in a document: 4096
	Name     int   // bytes of a tensor's name: 255
	Rank     int   // dimensions of a tensor: 8
	Document int64 // bytes of a document: 4 GiB
	Frame    int   // content bytes of a zstd frame: 8 MiB
	Window   int   // bytes of the zstd window of foreign input: 8 MiB
}

func (l Limits) withDefaults() Limits {
	set := func(field *int, value int) {
		if *field <= 0 {
			*field = value
		}
	}
	set(&l.Header, 1<<20)
	set(&l.Tensors, 4096)
	set(&l.Name, 255)
	set(&l.Rank, 8)
	set(&l.Frame, 8<<20)
	set(&l.Window, 8<<20)
	if l.Document <= 0 {
		l.Document = 4 << 30
	}
	return l
}

// checkTensor says whether name, type and shape are legal, and returns the
// bytes of the tensor's data.
func (l *Limits) checkTensor(name string, dtype DType, shape []int) (int64, error) {
	switch {
	case len(name) > l.Name:
		return 0, fmt.Errorf("tensor %.40q...: name has %d bytes, more than %d", name, len(name), l.Name)
	case !utf8.ValidString(name):
		return 0, fmt.Errorf("tensor %q: name is not valid UTF-8", name)
	case name == metadataKey:
		return 0, fmt.Errorf("tensor %q: the name is reserved", name)
	case dtype.Size() == 0:
		return 0, fmt.Errorf("tensor %q: dtype %.20q is none of BOOL U8 I8 I16 I32 I64 F16 BF16 F32 F64", name, string(dtype))
	case len(shape) > l.Rank:
		return 0, fmt.Errorf("tensor %q: %d dimensions, more than %d", name, len(shape), l.Rank)
	}
	size, ok := byteSize(dtype, shape)
	if !ok {
		return 0, fmt.Errorf("tensor %q: shape %v is negative or overflows", name, shape)
	}
	return size, nil
}

// byteSize returns the bytes of a tensor. Dimensions of 0 do not excuse an
// overflow of the others, so that the order of dimensions does not matter.
func byteSize(dtype DType, shape []int) (int64, bool) {
	product, empty := uint64(dtype.Size()), false
	for _, d := range shape {
		if d < 0 {
			return 0, false
		}
		if d == 0 {
			empty = true
			continue
		}
		hi, lo := bits.Mul64(product, uint64(d))
		if hi != 0 || lo > math.MaxInt {
			return 0, false
		}
		product = lo
	}
	if empty {
		return 0, true
	}
	return int64(product), true
}

// check says whether all Data is what types and shapes ask for.
func (d *Document) check() error {
	for i := range d.Tensors {
		if err := d.Tensors[i].check(); err != nil {
			return err
		}
	}
	return nil
}

// check says whether Data is what type and shape ask for.
func (t *Tensor) check() error {
	size, ok := byteSize(t.DType, t.Shape)
	switch {
	case t.DType.Size() == 0:
		return fmt.Errorf("tensor %q: unknown dtype %q", t.Name, string(t.DType))
	case !ok:
		return fmt.Errorf("tensor %q: shape %v is negative or overflows", t.Name, t.Shape)
	case int64(len(t.Data)) != size:
		return fmt.Errorf("tensor %q: %s %v needs %d bytes of data, has %d", t.Name, t.DType, t.Shape, size, len(t.Data))
	}
	return nil
}
