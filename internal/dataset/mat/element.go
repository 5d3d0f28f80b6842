package mat

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// kind is the type of an element, by MATLAB's numbers.
type kind uint32

const (
	int8s      kind = 1
	uint8s     kind = 2
	int16s     kind = 3
	uint16s    kind = 4
	int32s     kind = 5
	uint32s    kind = 6
	singles    kind = 7
	doubles    kind = 9
	int64s     kind = 12
	uint64s    kind = 13
	matrix     kind = 14
	compressed kind = 15
	utf8       kind = 16
)

// width is the size of one number in bytes; 0 if elements of this type are no numbers.
func (k kind) width() int {
	switch k {
	case int8s, uint8s:
		return 1
	case int16s, uint16s:
		return 2
	case int32s, uint32s, singles:
		return 4
	case doubles, int64s, uint64s:
		return 8
	}
	return 0
}

// element is a typed run of bytes.
type element struct {
	kind kind
	data []byte
}

// file is what is known of a file while it is read.
type file struct {
	order binary.ByteOrder
	left  int64 // bytes that may still be inflated
}

// element takes the first element off b. A small one has its size in the upper half of the type and up to four bytes
// in place of the size; others fill up to a multiple of eight bytes, unless they are compressed.
func (f *file) element(b []byte) (e element, rest []byte, err error) {
	if len(b) < 8 {
		return e, nil, fmt.Errorf("cut off: %d bytes left of a tag of 8", len(b))
	}
	word := f.order.Uint32(b)
	if size := word >> 16; size != 0 {
		if size > 4 {
			return e, nil, fmt.Errorf("small element of %d bytes", size)
		}
		return element{kind(word & 0xffff), b[4 : 4+size]}, b[8:], nil
	}
	e.kind = kind(word)
	size := uint64(f.order.Uint32(b[4:]))
	b = b[8:]
	if size > uint64(len(b)) {
		return e, nil, fmt.Errorf("cut off: %d bytes left of %d", len(b), size)
	}
	e.data, rest = b[:size], b[size:]
	if padding := -size % 8; e.kind != compressed {
		if padding > uint64(len(rest)) {
			return e, nil, fmt.Errorf("cut off: %d bytes left of %d of padding", len(rest), padding)
		}
		rest = rest[padding:]
	}
	return e, rest, nil
}

// inflate decompresses an element, which must hold exactly one other.
func (f *file) inflate(data []byte) (element, error) {
	source := bytes.NewReader(data)
	z, err := zlib.NewReader(source)
	if err != nil {
		return element{}, err
	}
	inflated, err := io.ReadAll(io.LimitReader(z, f.left+1))
	if err != nil {
		return element{}, err
	}
	f.left -= int64(len(inflated))
	if f.left < 0 {
		return element{}, fmt.Errorf("more than %d MiB when decompressed", maxInflated>>20)
	}
	if source.Len() > 0 {
		return element{}, fmt.Errorf("%d bytes after the compressed ones", source.Len())
	}
	e, rest, err := f.element(inflated)
	if err != nil {
		return element{}, err
	}
	if len(rest) > 0 {
		return element{}, fmt.Errorf("%d bytes after the compressed element", len(rest))
	}
	if e.kind == compressed {
		return element{}, errors.New("compressed twice")
	}
	return e, nil
}
