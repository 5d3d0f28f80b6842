package format

import (
	"bufio"
	"bytes"
	"io"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// Run as go test -fuzz FuzzReader -fuzzminimizetime 20x ./format: the default of
// 60 seconds goes to minimizing inputs, as goroutines make coverage vary.
//
// Besides what is added here, testdata/fuzz has a corpus that earlier runs
// found, including streams that the Python file wrote.

// fuzzLimits keeps a fuzzed document small; what the reader holds beyond that
// is what is tested.
var fuzzLimits = Limits{Document: 1 << 20, Frame: 1 << 20, Header: 1 << 16, Window: 1 << 20}

const fuzzMemory = 64 << 20

func seeds() [][]byte {
	var out [][]byte
	collect := func(b []byte) { out = append(out, b) }
	for _, o := range []WriterOptions{{}, {Level: Fast, Digest: true}} {
		var b bytes.Buffer
		w := NewWriter(&b, o)
		for _, d := range sample() {
			if err := w.Write(d); err != nil {
				panic(err)
			}
		}
		if err := w.Close(); err != nil {
			panic(err)
		}
		collect(b.Bytes())
		collect(join(b.Bytes(), b.Bytes()))
	}
	h := u8head("3")
	collect(join(begin, stored(h), stored([]byte("abc")), endOne(len(h)+3)))
	collect(join(h, []byte("abc")))
	collect(join(skippable(skippableMagic, 2, 1, 2), stored(h), stored([]byte("abc"))))
	collect(zframe(0, []byte{0x40}, zblock(false, blockRLE, 9, ' '), zblock(true, blockRaw, 0)))
	collect(appendEnd(begin, End{}, true, "no"))
	return out
}

// FuzzReader: no input makes the reader crash, hang, hold much memory or
// return documents that cannot be written again.
func FuzzReader(f *testing.F) {
	for _, s := range seeds() {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var docs []*Document
		var err error
		got := allocated(func() {
			r := NewReader(bytes.NewReader(b), fuzzLimits)
			var n uint64
			for n < uint64(fuzzLimits.Document) { // a small input can repeat a large body
				var d *Document
				if d, err = r.Next(); err != nil {
					break
				}
				docs = append(docs, d)
				n += r.seen.Bytes
			}
		})
		if got > fuzzMemory {
			t.Errorf("allocated %d MiB", got>>20)
		}
		if err != io.EOF {
			return
		}
		again, err := readAll(bytes.NewReader(encode(t, WriterOptions{}, docs...)), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := same(docs, again); diff != "" {
			t.Error(diff)
		}
		// Passing over finds the same structure.
		r := NewReader(bytes.NewReader(b), fuzzLimits)
		for i := 0; ; i++ {
			d, err := r.Header()
			if err == io.EOF && i == len(docs) {
				break
			}
			if err != nil || len(d.Tensors) != len(docs[i].Tensors) {
				t.Fatalf("document %d: passed over, %v", i, err)
			}
		}
	})
}

// FuzzHeader: a header that is taken is one that encodes to an equal header.
func FuzzHeader(f *testing.F) {
	f.Add([]byte(`{"__metadata__":{"k":"\ud83c\udf3c"},"a":{` + one + `},"b":{"shape":[0,3],"dtype":"F64","data_offsets":[1,1]}}  `))
	f.Add([]byte(`{"a":{"data_offsets":[0,18446744073709551612],"dtype":"U8","shape":[2,18446744073709551614]}}`))
	f.Add([]byte("{ \"\\u0000\\/\" :\t{" + one + "}\n}"))
	limits := fuzzLimits.withDefaults()
	f.Fuzz(func(t *testing.T, text []byte) {
		d, body, err := parseHeader(text, &limits)
		if err != nil {
			return
		}
		if body > limits.Document {
			t.Fatalf("a body of %d bytes", body)
		}
		data := make([]byte, body)
		for i := range d.Tensors {
			n, _ := byteSize(d.Tensors[i].DType, d.Tensors[i].Shape)
			d.Tensors[i].Data, data = data[:n], data[n:]
		}
		if len(data) > 0 {
			t.Fatalf("%d bytes belong to no tensor", len(data))
		}
		order, _, err := arrange(d, &limits)
		if err != nil {
			t.Fatal(err)
		}
		wide := Limits{Header: 1 << 30}.withDefaults() // escapes and padding may have grown
		h, err := encodeHeader(d, order, &wide)
		if err != nil {
			t.Fatal(err)
		}
		again, _, err := parseHeader(h[8:], &limits)
		if err != nil {
			t.Fatal(err)
		}
		for i := range d.Tensors {
			d.Tensors[i].Data = nil
		}
		if diff := same([]*Document{d}, []*Document{again}); diff != "" {
			t.Error(diff)
		}
	})
}

// FuzzFrame: the frame walker and the zstd library agree on what a frame is.
func FuzzFrame(f *testing.F) {
	for _, s := range seeds() {
		f.Add(s)
	}
	f.Add(stored(bytes.Repeat([]byte("x"), 300)))
	f.Add(mixed())
	dec, err := zstd.NewReader(nil, zstd.WithDecodeAllCapLimit(true), zstd.WithDecoderConcurrency(1))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		const most = 1 << 20
		from := bytes.NewReader(b)
		in := bufio.NewReader(from)
		magic := make([]byte, 4)
		if _, err := io.ReadFull(in, magic); err != nil || !bytes.Equal(magic, []byte{0x28, 0xb5, 0x2f, 0xfd}) {
			return
		}
		var fr frame
		if fr.start(in, most) != nil {
			return
		}
		ours := make([]byte, fr.content)
		if fr.rest(in, ours) != nil {
			return
		}
		whole := b[:len(b)-from.Len()-in.Buffered()]
		if !fr.plain && !bytes.Equal(fr.raw, whole) {
			t.Fatal("the walker changed the frame")
		}
		ourErr := fr.decode(ours, dec)
		theirs, err := dec.DecodeAll(whole, make([]byte, 0, most))
		if (ourErr == nil) != (err == nil) {
			t.Fatalf("ours: %v, theirs: %v", ourErr, err)
		}
		if err == nil && !bytes.Equal(ours, theirs) {
			t.Fatal("other content")
		}
	})
}

// FuzzForeign: foreign input that is taken has the content that the zstd
// library alone finds.
func FuzzForeign(f *testing.F) {
	for _, s := range seeds() {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if bytes.HasPrefix(b, begin[:4]) {
			return
		}
		var docs []*Document
		var err error
		got := allocated(func() { docs, err = readAll(bytes.NewReader(b), fuzzLimits) })
		if got > fuzzMemory {
			t.Errorf("allocated %d MiB", got>>20)
		}
		if err != nil {
			return
		}
		if len(docs) != 1 {
			t.Fatalf("%d documents", len(docs))
		}
		if bytes.HasPrefix(b[9-1:], []byte{'{'}) && len(b) >= 8 && b[4]|b[5]|b[6]|b[7] == 0 {
			return // plain
		}
		dec, err := zstd.NewReader(bytes.NewReader(b), zstd.WithDecoderConcurrency(1))
		if err != nil {
			t.Fatal(err)
		}
		defer dec.Close()
		payload, err := io.ReadAll(dec)
		if err != nil {
			t.Fatal(err)
		}
		direct, err := readAll(bytes.NewReader(payload), fuzzLimits)
		if err != nil {
			t.Fatal(err)
		}
		if diff := same(direct, docs); diff != "" {
			t.Error(diff)
		}
	})
}
