// Package mat reads numbers from MATLAB's MAT files of level 5 (versions 5 to 7.2): "MAT-File Format", MathWorks.
//
// It is for label files of data sets. Real, full matrices of numbers are read; other variables (text, cells,
// structures, sparse and complex matrices) are passed over. The reader is strict: sizes must agree with what they
// enclose to the byte, and memory grows with the bytes that are there, never with sizes that are claimed.
package mat

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/bits"
)

// Matrix is a variable: real numbers in column-major order.
type Matrix struct {
	Dims   []int // at least two
	Values []float64
}

// maxInflated bounds what the compressed elements of a file may hold together, in bytes.
const maxInflated = 8 << 20

// headerSize is that of the text, a reserved field, the version and the byte order.
const headerSize = 128

// Read returns the matrices of a file by name.
func Read(data []byte) (map[string]Matrix, error) {
	if len(data) < headerSize {
		return nil, errors.New("no MAT file: shorter than its header")
	}
	f := file{left: maxInflated}
	switch string(data[126:128]) {
	case "IM":
		f.order = binary.LittleEndian
	case "MI":
		f.order = binary.BigEndian
	default:
		return nil, errors.New("no MAT file of level 5")
	}
	switch version := f.order.Uint16(data[124:]); version {
	case 0x0100:
	case 0x0200:
		return nil, errors.New(`MAT file of version 7.3 (HDF5) is not supported; save it with "-v7"`)
	default:
		return nil, fmt.Errorf("MAT file of unknown version %#04x", version)
	}
	out := map[string]Matrix{}
	for rest := data[headerSize:]; len(rest) > 0; {
		at := len(data) - len(rest)
		e, after, err := f.element(rest)
		if err == nil && e.kind == compressed {
			e, err = f.inflate(e.data)
		}
		if err == nil && e.kind != matrix {
			err = fmt.Errorf("element of type %d, want a matrix", e.kind)
		}
		if err == nil {
			err = f.addMatrix(out, e.data)
		}
		if err != nil {
			return nil, fmt.Errorf("broken MAT file: element at byte %d: %w", at, err)
		}
		rest = after
	}
	return out, nil
}

// Classes of arrays: numbers are of double to uint64.
const (
	classDouble = 6
	classUint64 = 15
)

// flagComplex marks a matrix with an imaginary part.
const flagComplex = 0x0800

// addMatrix reads the body of a matrix: flags, dimensions, name and numbers.
func (f *file) addMatrix(out map[string]Matrix, body []byte) error {
	flags, body, err := f.element(body)
	if err != nil {
		return err
	}
	if flags.kind != uint32s || len(flags.data) != 8 {
		return errors.New("no array flags")
	}
	word := f.order.Uint32(flags.data)
	class := word & 0xff
	dims, body, err := f.element(body)
	if err != nil {
		return err
	}
	name, body, err := f.element(body)
	if err != nil {
		return err
	}
	if dims.kind != int32s || name.kind != int8s && name.kind != utf8 {
		return errors.New("no dimensions or no name")
	}
	if _, twice := out[string(name.data)]; twice {
		return fmt.Errorf("variable %q occurs twice", name.data)
	}
	if class < classDouble || class > classUint64 || word&flagComplex != 0 {
		return nil
	}
	m, err := f.numbers(dims.data, body)
	if err != nil {
		return fmt.Errorf("variable %q: %w", name.data, err)
	}
	out[string(name.data)] = m
	return nil
}

// numbers reads the real part of a matrix, which must fill its dimensions.
func (f *file) numbers(dims, body []byte) (Matrix, error) {
	var m Matrix
	if len(dims)%4 != 0 || len(dims) < 8 || len(dims) > 4*32 {
		return m, fmt.Errorf("%d bytes of dimensions", len(dims))
	}
	count := uint64(1)
	for ; len(dims) > 0; dims = dims[4:] {
		n := int32(f.order.Uint32(dims))
		if n < 0 {
			return m, fmt.Errorf("dimension %d is negative", n)
		}
		high, low := bits.Mul64(count, uint64(n))
		if high != 0 {
			return m, errors.New("dimensions overflow")
		}
		count = low
		m.Dims = append(m.Dims, int(n))
	}
	e, rest, err := f.element(body)
	if err != nil {
		return m, err
	}
	if len(rest) > 0 {
		return m, fmt.Errorf("%d bytes after the numbers", len(rest))
	}
	width := e.kind.width()
	if width == 0 {
		return m, fmt.Errorf("element of type %d is no numbers", e.kind)
	}
	if n := uint64(len(e.data)); n%uint64(width) != 0 || n/uint64(width) != count {
		return m, fmt.Errorf("%d bytes of numbers for dimensions %v", n, m.Dims)
	}
	m.Values = make([]float64, count)
	for i := range m.Values {
		m.Values[i] = f.number(e.kind, e.data[i*width:])
	}
	return m, nil
}

// number reads one number. A matrix of doubles may be stored as small integers, if its values allow.
func (f *file) number(k kind, b []byte) float64 {
	switch k {
	case int8s:
		return float64(int8(b[0]))
	case uint8s:
		return float64(b[0])
	case int16s:
		return float64(int16(f.order.Uint16(b)))
	case uint16s:
		return float64(f.order.Uint16(b))
	case int32s:
		return float64(int32(f.order.Uint32(b)))
	case uint32s:
		return float64(f.order.Uint32(b))
	case singles:
		return float64(math.Float32frombits(f.order.Uint32(b)))
	case int64s:
		return float64(int64(f.order.Uint64(b)))
	case uint64s:
		return float64(f.order.Uint64(b))
	default:
		return math.Float64frombits(f.order.Uint64(b))
	}
}
