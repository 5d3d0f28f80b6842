package format

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// The bytes of a small stream, by hand from FORMAT.md.
func TestGoldenStream(t *testing.T) {
	json := `{"__metadata__":{"a":"\"é\u0001","kind":"x"},"w":{"data_offsets":[0,4],"dtype":"F32","shape":[1]},"b":{"data_offsets":[4,6],"dtype":"U8","shape":[2]}}`
	json += strings.Repeat(" ", 64-(8+len(json))%64)
	want := join(
		[]byte("\x54\x2a\x4d\x18\x08\x00\x00\x00TNSB\x01\x00\x00\x00"),
		[]byte("\x28\xb5\x2f\xfd\x24\xc0\x00\x06\x00\xb8\x00\x00\x00\x00\x00\x00\x00"), []byte(json), []byte("\x01\x00\x00????"),
		[]byte("\x28\xb5\x2f\xfd\x24\x06\x31\x00\x00\x00\x00\x80\x3f\x07\x09????"),
		[]byte("\x54\x2a\x4d\x18\x38\x00\x00\x00TNSE\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\xc6\x00\x00\x00\x00\x00\x00\x00"), make([]byte, 32))
	got := encode(t, WriterOptions{}, &Document{
		Meta:    map[string]string{"kind": "x", "a": "\"é\x01"},
		Tensors: []Tensor{Of("b", []int{2}, []uint8{7, 9}), Of("w", []int{1}, []float32{1})},
	})
	for i, w := range want {
		if i < len(got) && w == '?' {
			got[i] = w // checksums: readers verify them
		}
	}
	if !bytes.Equal(got, want) {
		t.Errorf("got\n%q, want\n%q", got, want)
	}
}

// The digest is that of what zstd -d prints, whatever the level and however
// many processors compress.
func TestDigestAndDeterminism(t *testing.T) {
	big := &Document{Tensors: []Tensor{Of("x", []int{3}, []uint8{1, 2, 3}), Of("w", []int{1_500_001}, ramp(1_500_001)), Of("y", []int{1}, []float64{1})}}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	var digests [][sha256.Size]byte
	for _, level := range []Level{Store, Fast, Default, Best} {
		var first []byte
		for _, procs := range []int{1, 2, 7} {
			runtime.GOMAXPROCS(procs)
			b := encode(t, WriterOptions{Level: level, Digest: true}, big, sample()[0])
			if first == nil {
				first = b
			}
			if !bytes.Equal(first, b) {
				t.Errorf("%v: other bytes with %d processors", level, procs)
			}
			r := NewReader(bytes.NewReader(b), Limits{})
			for range 2 {
				if _, err := r.Next(); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := r.Next(); err != io.EOF {
				t.Fatal(err)
			}
			dec, err := zstd.NewReader(bytes.NewReader(b))
			if err != nil {
				t.Fatal(err)
			}
			payload, err := io.ReadAll(dec)
			if err != nil {
				t.Fatal(err)
			}
			sum, ok := r.Digest()
			if e := r.End(); !ok || !e.Verified || e.Digest != sha256.Sum256(payload) || e.Digest != sum || e.Bytes != uint64(len(payload)) || e.Documents != 2 {
				t.Errorf("%v: END %+v, reader %x, payload %x", level, e, sum, sha256.Sum256(payload))
			}
			digests = append(digests, sum)
			dec.Close()
		}
	}
	for _, d := range digests {
		if d != digests[0] {
			t.Error("the payload depends on the level")
		}
	}
}

func TestAlwaysDigest(t *testing.T) {
	b := encode(t, WriterOptions{}, sample()...)
	for _, always := range []bool{false, true} {
		r := NewReader(bytes.NewReader(join(b, b)), Limits{})
		if always {
			r.AlwaysDigest()
		}
		var err error
		for err == nil {
			_, err = r.Next()
		}
		if err != io.EOF {
			t.Fatal(err)
		}
		sum, ok := r.Digest()
		dec, _ := zstd.NewReader(nil)
		payload, _ := dec.DecodeAll(join(b, b), nil)
		if ok != always || always && sum != sha256.Sum256(payload) {
			t.Errorf("always %v: %v %x", always, ok, sum)
		}
	}
}

func TestRefusedDocuments(t *testing.T) {
	ok := Of("a", []int{1}, []uint8{1})
	for name, c := range map[string]struct {
		doc  Document
		says string
	}{
		"twice":            {Document{Tensors: []Tensor{ok, ok}}, `tensor "a": twice`},
		"reserved name":    {Document{Tensors: []Tensor{Of("__metadata__", []int{1}, []uint8{1})}}, "reserved"},
		"long name":        {Document{Tensors: []Tensor{Of(strings.Repeat("é", 128), []int{1}, []uint8{1})}}, "256 bytes"},
		"name not UTF-8":   {Document{Tensors: []Tensor{Of("\xff", []int{1}, []uint8{1})}}, "UTF-8"},
		"rank 9":           {Document{Tensors: []Tensor{Of("a", []int{1, 1, 1, 1, 1, 1, 1, 1, 1}, []uint8{1})}}, "9 dimensions"},
		"too few values":   {Document{Tensors: []Tensor{Of("a", []int{2}, []uint8{1})}}, "needs 2 bytes of data, has 1"},
		"no data":          {Document{Tensors: []Tensor{{Name: "a", DType: U8, Shape: []int{1}}}}, "needs 1 bytes"},
		"negative":         {Document{Tensors: []Tensor{Of("a", []int{-1}, []uint8{})}}, "negative"},
		"overflow":         {Document{Tensors: []Tensor{Of("a", []int{1 << 32, 1 << 32}, []uint8{})}}, "overflow"},
		"unknown dtype":    {Document{Tensors: []Tensor{{Name: "a", DType: "U16", Data: []byte{1, 2}}}}, "U16"},
		"value not UTF-8":  {Document{Meta: map[string]string{"a": "\xff"}}, "UTF-8"},
		"key not UTF-8":    {Document{Meta: map[string]string{"\xff": "a"}}, "UTF-8"},
		"metadata too big": {Document{Meta: map[string]string{"a": strings.Repeat("x", 1<<20)}}, "header of 1048640 bytes"},
		"4097 tensors":     {Document{Tensors: make([]Tensor, 4097)}, "4097 tensors"},
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			w := NewWriter(&b, WriterOptions{})
			if err := w.Write(&c.doc); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v", err)
			}
			if b.Len() > 0 {
				t.Error("something was written")
			}
			// The stream can go on.
			if err := w.Write(&Document{Tensors: []Tensor{ok}}); err != nil {
				t.Error(err)
			}
			if err := w.Close(); err != nil {
				t.Error(err)
			}
			if docs, err := readAll(&b, Limits{}); err != nil || len(docs) != 1 {
				t.Errorf("%d documents, %v", len(docs), err)
			}
		})
	}
}

func TestAbort(t *testing.T) {
	for _, c := range []struct{ message, want string }{
		{"train: loss is NaN", "train: loss is NaN"},
		{"", ""},
		{"two\nlines\x1b[31m", "two lines [31m"},
		{"not\xffUTF-8", "not UTF-8"},
		{strings.Repeat("é", 3000), strings.Repeat("é", 2048)},
	} {
		var b bytes.Buffer
		w := NewWriter(&b, WriterOptions{})
		if err := w.Write(sample()[0]); err != nil {
			t.Fatal(err)
		}
		if err := w.Abort(c.message); err != nil {
			t.Fatal(err)
		}
		docs, err := readAll(&b, Limits{})
		var abort *AbortError
		if !errors.Is(err, ErrAborted) || !errors.As(err, &abort) || abort.Message != c.want || len(docs) != 1 {
			t.Errorf("%q: %d documents, %v", c.message, len(docs), err)
		}
	}
}

// A stranger's abort message cannot reach the terminal raw.
func TestAbortMessageIsCleaned(t *testing.T) {
	b := appendEnd(begin, End{}, true, "abcdefgh")
	copy(b[len(b)-8:], "a\x1b[2J\n\xff\u0085")
	wantError(t, b, "a [2J")
}

func TestAfterTheEnd(t *testing.T) {
	var b bytes.Buffer
	w := NewWriter(&b, WriterOptions{})
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if b.Len() != 16+64 {
		t.Errorf("an empty stream has %d bytes", b.Len())
	}
	if docs, err := readAll(bytes.NewReader(b.Bytes()), Limits{}); err != nil || docs != nil {
		t.Errorf("%v %v", docs, err)
	}
	if err := w.Write(&Document{}); err == nil {
		t.Error("a document after END")
	}
	if w.Close() != nil || w.Abort("late") != nil || b.Len() != 80 {
		t.Error("a second END")
	}
}

// failing accepts n bytes.
type failing struct {
	n     int
	short bool
}

var errDisk = errors.New("no space left on device")

func (f *failing) Write(p []byte) (int, error) {
	if len(p) <= f.n {
		f.n -= len(p)
		return len(p), nil
	}
	n := f.n
	f.n = 0
	if f.short {
		return n, nil
	}
	return n, errDisk
}

// An error of the output is reported by every call from then on, wherever it
// strikes.
func TestOutputErrors(t *testing.T) {
	for _, level := range []Level{Store, Fast} {
		whole := encode(t, WriterOptions{Level: level}, sample()...)
		for n := range whole {
			w := NewWriter(&failing{n: n}, WriterOptions{Level: level})
			var err error
			for _, d := range sample() {
				if err = w.Write(d); err != nil {
					break
				}
			}
			if err == nil {
				err = w.Close()
			}
			if err != errDisk || w.Write(&Document{}) != errDisk && !w.closed || w.Close() != errDisk || w.Abort("") != errDisk {
				t.Fatalf("%v, %d bytes: %v", level, n, err)
			}
		}
	}
	w := NewWriter(&failing{n: 20, short: true}, WriterOptions{})
	if err := w.Write(sample()[0]); err != io.ErrShortWrite {
		t.Error(err)
	}
}

// A document is complete downstream when Write returns, and the reader asks
// for nothing beyond it.
func TestDocumentsArriveOneByOne(t *testing.T) {
	for _, level := range []Level{Store, Fast} {
		in, out := io.Pipe()
		next := make(chan struct{})
		go func() {
			w := NewWriter(out, WriterOptions{Level: level, Digest: true})
			for _, d := range sample() {
				if err := w.Write(d); err != nil {
					panic(err)
				}
				<-next
			}
			if err := w.Close(); err != nil {
				panic(err)
			}
			out.Close()
		}()
		r := NewReader(in, Limits{})
		for i := range sample() {
			if _, err := r.Next(); err != nil {
				t.Fatal(i, err)
			}
			next <- struct{}{} // blocks for ever if the reader waits for more
		}
		if _, err := r.Next(); err != io.EOF {
			t.Error(err)
		}
	}
}

func TestLevels(t *testing.T) {
	for _, l := range []Level{Store, Fast, Default, Best} {
		if got, err := ParseLevel(l.String()); got != l || err != nil {
			t.Errorf("%v: %v %v", l, got, err)
		}
	}
	if _, err := ParseLevel("Fast"); err == nil || !strings.Contains(err.Error(), "store, fast, default or best") {
		t.Error(err)
	}
	if err := NewWriter(io.Discard, WriterOptions{Level: 9}).Write(&Document{}); err == nil {
		t.Error("level 9")
	}
	if got := fmt.Sprint(Level(9)); got != "Level(9)" {
		t.Error(got)
	}
}

// Weights have no matches, but their sign and exponent bytes have little
// entropy: every level but store must find that.
func TestWeightsShrink(t *testing.T) {
	d := &Document{Tensors: []Tensor{Of("w", []int{500_000}, ramp(500_000))}}
	for _, level := range []Level{Fast, Default, Best} {
		if n := len(encode(t, WriterOptions{Level: level}, d)); n > 1_920_000 {
			t.Errorf("%v: %d of 2000000 bytes", level, n)
		}
	}
}
