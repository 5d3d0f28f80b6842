package format

import (
	"bytes"
	"errors"
	"io"
	"math"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// sample is a stream's worth of small documents: every dtype, a scalar, empty
// tensors, odd metadata, no tensors at all.
func sample() []*Document {
	return []*Document{
		{
			Meta: map[string]string{"kind": "images", "items": "[\"\\u00e9\n\"]", "é\"\\\x01": ""},
			Tensors: []Tensor{
				Of("mask", []int{3}, []bool{true, false, true}),
				Of("u8", []int{2, 2}, []uint8{0, 1, 254, 255}),
				Of("i8", []int{1}, []int8{-128}),
				Of("i16", []int{1}, []int16{-32768}),
				Of("i32", []int{1}, []int32{math.MinInt32}),
				Of("i64", []int{2, 1}, []int64{math.MinInt64, 7}),
				{Name: "f16", DType: F16, Shape: []int{2}, Data: []byte{1, 0x7c, 0, 0x80}},
				{Name: "bf16", DType: BF16, Shape: []int{1}, Data: []byte{0x81, 0x7f}},
				Of("f32", []int{2}, []float32{float32(math.Copysign(0, -1)), math.Float32frombits(0x7f800001)}),
				Of("f64", []int{1}, []float64{math.Pi}),
				Of("scalar", nil, []float32{0.1}),
				Of("none", []int{0, 5}, []float64{}),
				Of("", []int{1}, []uint8{9}),
			},
		},
		{Meta: map[string]string{"kind": "report"}},
		{Tensors: []Tensor{Of("w", []int{10, 30}, ramp(300))}},
	}
}

func ramp(n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(math.Sin(float64(i)))
	}
	return v
}

func encode(t testing.TB, o WriterOptions, docs ...*Document) []byte {
	t.Helper()
	var b bytes.Buffer
	w := NewWriter(&b, o)
	for _, d := range docs {
		if err := w.Write(d); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// readAll reads to the end of the last stream.
func readAll(r io.Reader, l Limits) ([]*Document, error) {
	reader := NewReader(r, l)
	var docs []*Document
	for {
		d, err := reader.Next()
		if err == io.EOF {
			return docs, nil
		}
		if err != nil {
			return docs, err
		}
		docs = append(docs, d)
	}
}

// same compares documents whose tensors may be in another order.
func same(a, b []*Document) string {
	type tensor struct {
		DType DType
		Shape []int
		Data  string // go-cmp takes its time over bytes
	}
	type document struct {
		Meta    map[string]string
		Tensors map[string]tensor
	}
	flat := func(docs []*Document) []document {
		out := make([]document, len(docs))
		for i, d := range docs {
			out[i] = document{d.Meta, map[string]tensor{}}
			for _, t := range d.Tensors {
				out[i].Tensors[t.Name] = tensor{t.DType, t.Shape, string(t.Data)}
			}
		}
		return out
	}
	return cmp.Diff(flat(a), flat(b), cmpopts.EquateEmpty())
}

func TestRoundTrip(t *testing.T) {
	for _, level := range []Level{Store, Fast, Default, Best} {
		for _, digest := range []bool{false, true} {
			docs := sample()
			b := encode(t, WriterOptions{Level: level, Digest: digest}, docs...)
			for name, wrap := range map[string]func(io.Reader) io.Reader{
				"whole":     func(r io.Reader) io.Reader { return r },
				"one byte":  iotest.OneByteReader,
				"data+EOF":  iotest.DataErrReader,
				"half read": iotest.HalfReader,
			} {
				got, err := readAll(wrap(bytes.NewReader(b)), Limits{})
				if err != nil {
					t.Fatalf("%v, %s: %v", level, name, err)
				}
				if diff := same(docs, got); diff != "" {
					t.Errorf("%v, %s: %s", level, name, diff)
				}
			}
			if again := encode(t, WriterOptions{Level: level, Digest: digest}, docs...); !bytes.Equal(b, again) {
				t.Errorf("%v: the same documents gave other bytes", level)
			}
		}
	}
}

func TestEveryTruncationIsAnError(t *testing.T) {
	for _, level := range []Level{Store, Fast} {
		b := encode(t, WriterOptions{Level: level, Digest: true}, sample()[:2]...)
		b = append(b, b...)
		whole := len(b) / 2
		for n := range b {
			if n == whole {
				continue // one complete stream
			}
			_, err := readAll(bytes.NewReader(b[:n]), Limits{})
			want := ErrTruncated
			if n == 0 {
				want = ErrEmpty
			}
			if !errors.Is(err, want) {
				t.Fatalf("%v, %d of %d bytes: %v", level, n, len(b), err)
			}
		}
	}
}
