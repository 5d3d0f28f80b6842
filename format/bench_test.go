package format

import (
	"bytes"
	"io"
	"testing"
)

// benchDocument is 32 MiB: half weights, half sparse activations.
func benchDocument() *Document {
	const n = 4 << 20
	sparse := make([]float32, n)
	for i, v := range ramp(n) {
		if v > 0.5 && i%4 == 0 {
			sparse[i] = v
		}
	}
	return &Document{Tensors: []Tensor{Of("weights", []int{n}, ramp(n)), Of("activations", []int{n}, sparse)}}
}

func BenchmarkWrite(b *testing.B) {
	d := benchDocument()
	for _, level := range []Level{Store, Fast, Default} {
		b.Run(level.String(), func(b *testing.B) {
			var size counter
			b.SetBytes(32 << 20)
			for b.Loop() {
				size = 0
				w := NewWriter(&size, WriterOptions{Level: level, Digest: level != Store})
				if err := w.Write(d); err != nil {
					b.Fatal(err)
				}
				if err := w.Close(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(32<<20)/float64(size), "ratio")
		})
	}
}

type counter int

func (c *counter) Write(p []byte) (int, error) { *c += counter(len(p)); return len(p), nil }

func BenchmarkRead(b *testing.B) {
	d := benchDocument()
	for _, level := range []Level{Store, Fast} {
		in := encode(b, WriterOptions{Level: level, Digest: level != Store}, d)
		for name, read := range map[string]func(*Reader) error{
			"whole":  func(r *Reader) error { _, err := r.Next(); return err },
			"header": func(r *Reader) error { _, err := r.Header(); return err },
		} {
			b.Run(level.String()+"/"+name, func(b *testing.B) {
				b.SetBytes(32 << 20)
				for b.Loop() {
					r := NewReader(bytes.NewReader(in), Limits{})
					if err := read(r); err != nil {
						b.Fatal(err)
					}
					if _, err := r.Header(); err != io.EOF {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
