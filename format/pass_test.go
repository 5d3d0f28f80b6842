package format

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// passAll sends all documents of a stream on, with a note in their metadata.
func passAll(in io.Reader, to io.Writer, o WriterOptions) error {
	r, w := NewReader(in, Limits{}), NewWriter(to, o)
	for {
		d, err := r.Header()
		if err == io.EOF {
			return w.Close()
		}
		if err != nil {
			return err
		}
		d.Meta["passed"] = "yes"
		if err := w.Pass(r, d); err != nil {
			return err
		}
	}
}

// What is passed on is what Next and Write would give, whatever comes in and goes out.
func TestPass(t *testing.T) {
	documents := append(sample(), &Document{Tensors: []Tensor{Of("w", []int{600_001}, ramp(600_001)), Of("zeros", []int{1 << 20}, make([]byte, 1<<20))}})
	large := u8head("2097152")
	turned := head(`{"b":{"data_offsets":[0,1],"dtype":"U8","shape":[1]},"a":{"data_offsets":[1,5],"dtype":"F32","shape":[1]}}`)
	for name, in := range map[string][]byte{
		"stored":             encode(t, WriterOptions{}, documents...),
		"stored with digest": encode(t, WriterOptions{Digest: true}, documents...),
		"compressed":         encode(t, WriterOptions{Level: Fast, Digest: true}, documents...),
		"large frames":       join(begin, stored(large), stored(bytes.Repeat([]byte{7}, 2<<20)), endOne(len(large)+(2<<20))),
		"another order":      join(begin, stored(turned), stored([]byte{1, 2, 3, 4, 5}), endOne(len(turned)+5)),
		"foreign":            join(turned, []byte{1, 2, 3, 4, 5}),
	} {
		for _, o := range []WriterOptions{{}, {Digest: true}, {Level: Fast, Digest: true}} {
			var got bytes.Buffer
			if err := passAll(iotest.HalfReader(bytes.NewReader(in)), &got, o); err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			docs, err := readAll(bytes.NewReader(in), Limits{})
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range docs {
				d.Meta["passed"] = "yes"
			}
			if want := encode(t, o, docs...); !bytes.Equal(got.Bytes(), want) {
				t.Errorf("%s to %v: %d bytes, want the %d of Next and Write", name, o.Level, got.Len(), len(want))
			}
		}
	}
}

// A body that is damaged or cut off is an error of the reader, after which the stream cannot be completed, only aborted.
func TestPassOfADamagedBody(t *testing.T) {
	whole := encode(t, WriterOptions{}, benchDocument())
	flipped := bytes.Clone(whole)
	flipped[len(flipped)/2] ^= 1
	withDigest := encode(t, WriterOptions{Digest: true}, benchDocument())
	withDigest[len(withDigest)-1] ^= 1
	for name, c := range map[string]struct {
		in   []byte
		says string
	}{
		"flipped": {flipped, "checksum differs"},
		"cut off": {whole[:len(whole)/2], "truncated stream"},
		"digest":  {withDigest, "another SHA-256"},
	} {
		var out bytes.Buffer
		r, w := NewReader(bytes.NewReader(c.in), Limits{}), NewWriter(&out, WriterOptions{})
		d, err := r.Header()
		if err == nil {
			if err = w.Pass(r, d); err == nil {
				_, err = r.Header()
			}
		}
		if err == nil || !strings.Contains(err.Error(), c.says) || r.Err() != err {
			t.Errorf("%s: %v, the reader's %v", name, err, r.Err())
		}
		if name != "digest" && w.Close() == nil {
			t.Errorf("%s: the stream was completed", name)
		}
		if err := w.Abort("no"); err != nil {
			t.Fatal(err)
		}
		if _, err := readAll(&out, Limits{}); err == nil || !strings.Contains(err.Error(), "failed: no") {
			t.Errorf("%s: downstream %v", name, err)
		}
	}
}

// An error of what is written to is not the reader's.
func TestPassToAWriterThatFails(t *testing.T) {
	r := NewReader(bytes.NewReader(encode(t, WriterOptions{}, benchDocument())), Limits{})
	w := NewWriter(noWriter{}, WriterOptions{})
	d, err := r.Header()
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Pass(r, d); err != io.ErrClosedPipe || r.Err() != nil {
		t.Errorf("%v, the reader's %v", err, r.Err())
	}
}

type noWriter struct{}

func (noWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }
