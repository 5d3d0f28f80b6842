package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"golang.org/x/term"

	"herbarium/format"
	"herbarium/internal/cli"
	"herbarium/internal/errs"
)

// get writes one tensor as .npy. Of the bodies, only what holds it is decoded.
func (c *command) get(s *cli.Session) error {
	return c.write(s, func(w io.Writer) error {
		if f, ok := w.(*os.File); ok && !c.Force && term.IsTerminal(int(f.Fd())) {
			return errs.Usagef("binary output to a terminal is refused without -f; -o FILE writes a file")
		}
		found := false
		names := map[string]bool{}
		_, err := c.walk(s, func(r *format.Reader, n int, d *format.Document) error {
			if found {
				return nil
			}
			t := d.Tensor(*c.Get)
			if t == nil {
				for i := range d.Tensors {
					if len(names) < 10*mostNames {
						names[d.Tensors[i].Name] = true
					}
				}
				return nil
			}
			found = true
			if err := r.BodyOf(d, t.Name); err != nil {
				return err
			}
			return writeNPY(w, t)
		})
		if err == nil && !found {
			err = errs.Hint(fmt.Errorf("no tensor %s in the stream", word(*c.Get)), "there are: %s", nearest(*c.Get, names))
		}
		return err
	})
}

// nearest lists the names that start most like one that is not among them.
func nearest(name string, names map[string]bool) string {
	common := func(other string) int {
		n := 0
		for n < len(name) && n < len(other) && name[n] == other[n] {
			n++
		}
		return n
	}
	sorted := slices.SortedStableFunc(slices.Values(slices.Sorted(maps.Keys(names))), func(a, b string) int { return common(b) - common(a) })
	var words []string
	for _, other := range sorted[:min(len(sorted), 8)] {
		words = append(words, word(other))
	}
	if len(sorted) > len(words) {
		words = append(words, fmt.Sprintf("and %d more", len(sorted)-len(words)))
	}
	return strings.Join(words, ", ")
}

// npyTypes are numpy's names for the element types. It has none for BF16, which
// becomes float32 without loss.
var npyTypes = map[format.DType]string{
	format.Bool: "|b1", format.U8: "|u1", format.I8: "|i1", format.I16: "<i2", format.I32: "<i4", format.I64: "<i8",
	format.F16: "<f2", format.BF16: "<f4", format.F32: "<f4", format.F64: "<f8",
}

// writeNPY writes a tensor in NumPy's format, version 1.0
// (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
func writeNPY(w io.Writer, t *format.Tensor) error {
	shape := ""
	for _, d := range t.Shape {
		shape += fmt.Sprintf("%d, ", d)
	}
	if len(t.Shape) != 1 {
		shape = strings.TrimSuffix(shape, ", ")
	} else {
		shape = strings.TrimSuffix(shape, " ")
	}
	head := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", npyTypes[t.DType], shape)
	const start = "\x93NUMPY\x01\x00"
	head += strings.Repeat(" ", 63-(len(start)+2+len(head))%64) + "\n"

	var b bytes.Buffer
	b.WriteString(start)
	b.Write(binary.LittleEndian.AppendUint16(nil, uint16(len(head))))
	b.WriteString(head)
	if _, err := w.Write(b.Bytes()); err != nil {
		return err
	}
	data := t.Data
	if t.DType == format.BF16 {
		values, err := format.Float32s(t)
		if err != nil {
			return err
		}
		wide := format.Of("", t.Shape, values)
		data = wide.Data
	}
	_, err := w.Write(data)
	return err
}
