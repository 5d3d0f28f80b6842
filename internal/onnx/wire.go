package onnx

import (
	"encoding/binary"
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// Bounds on what a file may make of its bytes in memory. Tensors are views of the file and cost nothing; every message
// and string is a Go object, and two bytes can claim one. The largest published nets stay far below these.
const (
	maxItems   = 1 << 20 // nodes, attributes, names, dimensions
	maxNumbers = 1 << 22 // integers and floats of attributes, integers that tensors hold in varints
)

// A decoder walks the wire format of protocol buffers.
type decoder struct{ items, numbers int }

// A field is one field of a message. bytes are a view of the file.
type field struct {
	num   protowire.Number
	typ   protowire.Type
	value uint64 // varint, fixed32 or fixed64
	bytes []byte // of a string, a message, or numbers that are packed
}

func (f *field) int() int64     { return int64(f.value) }
func (f *field) float() float32 { return math.Float32frombits(uint32(f.value)) }

// message calls visit for every field of the message b. what names the message in errors.
func (d *decoder) message(what string, b []byte, visit func(f *field) error) error {
	size := len(b)
	for len(b) > 0 {
		var f field
		var n int
		f.num, f.typ, n = protowire.ConsumeTag(b)
		if n < 0 {
			return fmt.Errorf("%s: byte %d is no field: the file is damaged", what, size-len(b))
		}
		b = b[n:]
		switch f.typ {
		case protowire.VarintType:
			f.value, n = protowire.ConsumeVarint(b)
		case protowire.Fixed32Type:
			var v uint32
			v, n = protowire.ConsumeFixed32(b)
			f.value = uint64(v)
		case protowire.Fixed64Type:
			f.value, n = protowire.ConsumeFixed64(b)
		case protowire.BytesType:
			claim, m := protowire.ConsumeVarint(b)
			if m > 0 && claim > uint64(len(b)-m) {
				return fmt.Errorf("%s: field %d claims %d bytes, %d are left: the file is truncated or damaged", what, f.num, claim, len(b)-m)
			}
			f.bytes, n = protowire.ConsumeBytes(b)
		default:
			n = protowire.ConsumeFieldValue(f.num, f.typ, b)
		}
		if n < 0 {
			return fmt.Errorf("%s: field %d ends early: the file is truncated or damaged", what, f.num)
		}
		b = b[n:]
		if err := visit(&f); err != nil {
			return err
		}
	}
	return nil
}

// item counts one object that the file makes us keep.
func (d *decoder) item(what string) error {
	if d.items++; d.items > maxItems {
		return fmt.Errorf("%s: more than %d nodes, attributes and names", what, maxItems)
	}
	return nil
}

// maxText is more than any name has, so that no name costs time again and again.
const maxText = 1 << 12

func (d *decoder) text(what string, f *field, to *string) error {
	if len(f.bytes) > maxText {
		return fmt.Errorf("%s: a name of %d bytes", what, len(f.bytes))
	}
	*to = string(f.bytes)
	return d.item(what)
}

// short is text for what may well be longer, and is of no use then.
func (d *decoder) short(what string, f *field, to *string) error {
	if len(f.bytes) > maxText {
		return nil
	}
	return d.text(what, f, to)
}

// count counts numbers that the file makes us keep.
func (d *decoder) count(what string, n int) error {
	if d.numbers += n; d.numbers > maxNumbers {
		return fmt.Errorf("%s: more than %d numbers that are not raw", what, maxNumbers)
	}
	return nil
}

// ints appends a repeated integer field, packed or not.
func (d *decoder) ints(what string, f *field, to *[]int64) error {
	if f.typ != protowire.BytesType {
		*to = append(*to, f.int())
		return d.count(what, 1)
	}
	for b := f.bytes; len(b) > 0; {
		v, n := protowire.ConsumeVarint(b)
		if n < 0 {
			return fmt.Errorf("%s: its integers are damaged", what)
		}
		b = b[n:]
		*to = append(*to, int64(v))
		if err := d.count(what, 1); err != nil {
			return err
		}
	}
	return nil
}

// fixed appends a repeated float or double field as little-endian bytes: a view of the file if it is one packed field,
// as all writers make it.
func (d *decoder) fixed(what string, f *field, to *[]byte) error {
	switch {
	case f.typ == protowire.BytesType && *to == nil:
		*to = f.bytes[:len(f.bytes):len(f.bytes)]
	case f.typ == protowire.BytesType:
		*to = append(*to, f.bytes...)
	case f.typ == protowire.Fixed32Type:
		*to = binary.LittleEndian.AppendUint32(*to, uint32(f.value))
	case f.typ == protowire.Fixed64Type:
		*to = binary.LittleEndian.AppendUint64(*to, f.value)
	default:
		return fmt.Errorf("%s: its numbers are damaged", what)
	}
	return nil
}

// floats are the values of such bytes.
func floatsOf(b []byte) []float32 {
	out := make([]float32, len(b)/4)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return out
}
