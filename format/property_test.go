package format

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

var anyTensor = rapid.Custom(func(t *rapid.T) Tensor {
	d := rapid.SampledFrom([]DType{Bool, U8, I8, I16, I32, I64, F16, BF16, F32, F64}).Draw(t, "dtype")
	shape := rapid.SliceOfN(rapid.IntRange(0, 5), 0, 4).Draw(t, "shape")
	size, _ := byteSize(d, shape)
	return Tensor{
		Name: rapid.StringN(0, 40, 255).Draw(t, "name"), DType: d, Shape: shape,
		Data: rapid.SliceOfN(rapid.Byte(), int(size), int(size)).Draw(t, "data"),
	}
})

var anyDocument = rapid.Custom(func(t *rapid.T) *Document {
	return &Document{
		Meta: rapid.MapOfN(rapid.String(), rapid.String(), 0, 4).Draw(t, "meta"),
		Tensors: rapid.SliceOfNDistinct(anyTensor.Filter(func(t Tensor) bool { return t.Name != metadataKey }), 0, 6,
			func(t Tensor) string { return t.Name }).Draw(t, "tensors"),
	}
})

// Whatever is written is read, at every level, in any portions, through any
// concatenation; and written again it gives the same bytes.
func TestPropertyRoundTrip(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		docs := rapid.SliceOfN(anyDocument, 0, 4).Draw(rt, "docs")
		o := WriterOptions{Level: Level(rapid.IntRange(0, 3).Draw(rt, "level")), Digest: rapid.Bool().Draw(rt, "digest")}
		b := encode(t, o, docs...)
		got, err := readAll(iotest.HalfReader(bytes.NewReader(b)), Limits{})
		if err != nil {
			rt.Fatal(err)
		}
		if diff := same(docs, got); diff != "" {
			rt.Fatal(diff)
		}
		if again := encode(t, o, got...); !bytes.Equal(b, again) {
			rt.Fatal("reading and writing changed the bytes")
		}
		twice, err := readAll(bytes.NewReader(join(b, b)), Limits{})
		if err != nil || len(twice) != 2*len(docs) {
			rt.Fatalf("concatenated: %d of %d documents, %v", len(twice), 2*len(docs), err)
		}
		if len(docs) > 0 {
			alone, err := readAll(bytes.NewReader(plain(t, docs[0])), Limits{})
			if err != nil || same(docs[:1], alone) != "" {
				rt.Fatalf("as foreign input: %v", err)
			}
		}
	})
}

// Tensors start at multiples of their element size in a decompressed document.
func TestPropertyAlignment(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b := plain(t, anyDocument.Draw(rt, "doc"))
		d, err := NewReader(bytes.NewReader(b), Limits{}).Next()
		if err != nil {
			rt.Fatal(err)
		}
		offset := len(b)
		for _, x := range d.Tensors {
			offset -= len(x.Data)
		}
		if offset%64 != 0 {
			rt.Fatalf("the body starts at %d", offset)
		}
		for _, x := range d.Tensors {
			if len(x.Data) > 0 && offset%x.DType.Size() != 0 {
				rt.Fatalf("tensor %q starts at %d", x.Name, offset)
			}
			offset += len(x.Data)
		}
	})
}

// A limit is exact: a document at it passes, one beyond does not.
func TestPropertyLimits(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 5).Draw(rt, "n")
		d := &Document{}
		for i := range n {
			d.Tensors = append(d.Tensors, Of(fmt.Sprintf("%0*d", n, i), make([]int, n), []uint8{}))
		}
		d.Tensors[0] = Of(d.Tensors[0].Name, []int{n}, make([]uint8, n))
		b := encode(t, WriterOptions{}, d)
		header := len(plain(t, d)) - n
		at := Limits{Header: header, Tensors: n, Name: n, Rank: n, Document: int64(header + n), Frame: header}
		if _, err := readAll(bytes.NewReader(b), at); err != nil {
			rt.Fatal(err)
		}
		var written bytes.Buffer
		if err := NewWriter(&written, WriterOptions{Limits: at}).Write(d); err != nil {
			rt.Fatal(err)
		}
		for name, l := range map[string]Limits{
			"header":   {Header: header - 1},
			"frame":    {Frame: header - 1},
			"document": {Document: int64(header + n - 1)},
			"tensors":  {Tensors: max(n-1, 0)},
			"name":     {Name: n - 1},
			"rank":     {Rank: n - 1},
		} {
			if n == 1 && (name == "tensors" || name == "name" || name == "rank") {
				continue // zero means the default
			}
			if _, err := readAll(bytes.NewReader(b), l); err == nil {
				rt.Fatalf("%s: no error", name)
			}
			if err := NewWriter(&written, WriterOptions{Limits: l}).Write(d); err == nil && name != "frame" {
				rt.Fatalf("%s: written", name)
			}
		}
	})
}

// No prefix of a stream passes for one, and no suffix either.
func TestPropertyParts(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b := encode(t, WriterOptions{Level: Level(rapid.IntRange(0, 1).Draw(rt, "level"))}, rapid.SliceOfN(anyDocument, 0, 3).Draw(rt, "docs")...)
		n := rapid.IntRange(1, len(b)-1).Draw(rt, "n")
		if _, err := readAll(bytes.NewReader(b[:n]), Limits{}); !errors.Is(err, ErrTruncated) {
			rt.Fatalf("the first %d bytes: %v", n, err)
		}
		if docs, err := readAll(bytes.NewReader(b[n:]), Limits{}); err == nil {
			rt.Fatalf("without the first %d bytes: %d documents", n, len(docs))
		}
	})
}
