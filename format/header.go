package format

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"
)

const (
	metadataKey = "__metadata__"
	headerAlign = 64 // the body of a decompressed document starts at a multiple
)

// arrange checks a document, all but its Data, and returns the order of its
// tensors in the body: by descending element width, so that each is aligned
// without holes, and otherwise as given. It also returns the bytes of the body.
func arrange(d *Document, l *Limits) (order []int, body int64, err error) {
	if len(d.Tensors) > l.Tensors {
		return nil, 0, fmt.Errorf("%d tensors, more than %d", len(d.Tensors), l.Tensors)
	}
	seen := make(map[string]bool, len(d.Tensors))
	order = make([]int, len(d.Tensors))
	for i := range d.Tensors {
		t := &d.Tensors[i]
		size, err := l.checkTensor(t.Name, t.DType, t.Shape)
		if err != nil {
			return nil, 0, err
		}
		if seen[t.Name] {
			return nil, 0, fmt.Errorf("tensor %q: twice in a document", t.Name)
		}
		seen[t.Name] = true
		if size > l.Document-body {
			return nil, 0, fmt.Errorf("tensor %q: the document has more than %d bytes", t.Name, l.Document)
		}
		body += size
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return d.Tensors[b].DType.Size() - d.Tensors[a].DType.Size()
	})
	return order, body, nil
}

// encodeHeader returns the length and JSON header of a document, padded with
// spaces to a multiple of headerAlign. The same document gives the same bytes.
func encodeHeader(d *Document, order []int, l *Limits) ([]byte, error) {
	b := append(make([]byte, 8, 512), '{')
	if len(d.Meta) > 0 {
		b = append(b, `"__metadata__":{`...)
		for i, key := range slices.Sorted(maps.Keys(d.Meta)) {
			if value := d.Meta[key]; !utf8.ValidString(key) || !utf8.ValidString(value) {
				return nil, fmt.Errorf("metadata %.40q is not valid UTF-8", key)
			}
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendString(b, key), ':')
			b = appendString(b, d.Meta[key])
		}
		b = append(b, '}')
	}
	var offset int64
	for _, i := range order {
		t := &d.Tensors[i]
		if len(b) > 9 {
			b = append(b, ',')
		}
		b = appendString(b, t.Name)
		b = append(b, `:{"data_offsets":[`...)
		b = append(strconv.AppendInt(b, offset, 10), ',')
		size, _ := byteSize(t.DType, t.Shape)
		offset += size
		b = strconv.AppendInt(b, offset, 10)
		b = append(b, `],"dtype":"`...)
		b = append(append(b, t.DType...), `","shape":[`...)
		for j, n := range t.Shape {
			if j > 0 {
				b = append(b, ',')
			}
			b = strconv.AppendInt(b, int64(n), 10)
		}
		b = append(b, "]}"...)
	}
	b = append(b, '}')
	for len(b)%headerAlign != 0 {
		b = append(b, ' ')
	}
	if len(b) > l.Header {
		return nil, fmt.Errorf("header of %d bytes, more than %d: put long texts into a tensor (see kind report in FORMAT.md)", len(b), l.Header)
	}
	binary.LittleEndian.PutUint64(b, uint64(len(b)-8))
	return b, nil
}

// appendString appends s, valid UTF-8, as a JSON string. The escapes are those
// of Python's json module with ensure_ascii=False.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\b':
			b = append(b, `\b`...)
		case '\f':
			b = append(b, `\f`...)
		case '\n':
			b = append(b, `\n`...)
		case '\r':
			b = append(b, `\r`...)
		case '\t':
			b = append(b, `\t`...)
		default:
			if c < 0x20 {
				b = fmt.Appendf(b, `\u%04x`, c)
			} else {
				b = append(b, c)
			}
		}
	}
	return append(b, '"')
}
