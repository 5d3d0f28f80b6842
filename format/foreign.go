package format

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

// foreign reads input that is no Herbarium stream: exactly one safetensors
// document, plain or zstd-compressed.
type foreign struct {
	payload io.Reader
	start   []byte       // of the input, for errors
	walker  *frameWalker // nil for plain input
	done    bool
}

func newForeign(in *bufio.Reader, l *Limits) (*foreign, error) {
	first, _ := in.Peek(512)
	first = bytes.Clone(first)
	magic := uint32(0)
	if len(first) >= 4 {
		magic = binary.LittleEndian.Uint32(first)
	}
	if magic != zstdMagic && magic&^0xf != skippableMagic {
		return &foreign{payload: in, start: first}, nil
	}
	walker := &frameWalker{in: in, window: uint64(l.Window)}
	// One goroutine, so that none outlives a reader that is not read to its end.
	dec, err := zstd.NewReader(walker, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(max(uint64(l.Window), zstd.MinWindowSize)))
	if err != nil {
		return nil, err
	}
	return &foreign{payload: dec, start: first, walker: walker}, nil
}

// fail returns the error to report when reading the payload gave err. A
// decoder may take an error of what it reads for a mere end.
func (f *foreign) fail(err error, where string) error {
	if f.walker != nil && f.walker.err != nil && f.walker.err != io.EOF {
		return cut(f.walker.err, where)
	}
	if f.walker != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return fmt.Errorf("zstd-compressed input is damaged: %w", err)
	}
	return cut(err, where)
}

// largestForeignHeader is the most that the format's own library reads.
const largestForeignHeader = 100_000_000

// header reads the header of the only document; after that, io.EOF.
func (f *foreign) header(r *Reader) (*Document, error) {
	if f.done {
		return nil, io.EOF
	}
	f.done = true
	r.number++
	var start [9]byte
	n, err := io.ReadFull(f.payload, start[:])
	size := binary.LittleEndian.Uint64(start[:]) // at least: what is missing counts as 0
	if n == 9 && start[8] == '{' && size > uint64(r.limits.Header-8) && size < largestForeignHeader {
		return nil, fmt.Errorf("a safetensors file with a header of %d bytes: a document of a stream has at most %d", size, r.limits.Header-8)
	}
	if n >= 4 && size > uint64(r.limits.Header-8) || n >= 8 && size < 2 || n == 9 && start[8] != '{' {
		if f.walker != nil {
			return nil, &ForeignError{Start: start[:n], Compressed: true}
		}
		return nil, &ForeignError{Start: f.start}
	}
	if err != nil {
		return nil, f.fail(err, "a header")
	}
	text, err := readGrowing(f.payload, start[:], int64(size)+8, 0)
	if err != nil {
		return nil, f.fail(err, "a header")
	}
	d, err := r.parse(text)
	if err == nil && r.body == 0 {
		err = f.end()
	}
	return d, err
}

func (f *foreign) body(r *Reader) ([]byte, error) {
	data, err := readGrowing(f.payload, nil, r.body, r.trusted)
	if err != nil {
		return nil, f.fail(err, "a body")
	}
	r.count(len(data), data)
	return data, f.end()
}

// some reads the body and keeps the tensors that want names.
func (f *foreign) some(r *Reader, d *Document, want map[string]bool) error {
	for i := range d.Tensors {
		t := &d.Tensors[i]
		size, _ := byteSize(t.DType, t.Shape)
		var err error
		if want[t.Name] {
			t.Data, err = readGrowing(f.payload, nil, size, r.trusted)
		} else {
			_, err = io.CopyN(io.Discard, f.payload, size)
		}
		if err != nil {
			return f.fail(err, "a body")
		}
	}
	r.count(int(r.body), nil)
	return f.end()
}

func (f *foreign) skip(r *Reader) error {
	if _, err := io.CopyN(io.Discard, f.payload, r.body); err != nil {
		return f.fail(err, "a body")
	}
	r.count(int(r.body), nil)
	return f.end()
}

// end verifies that nothing follows the document.
func (f *foreign) end() error {
	n, err := io.ReadFull(f.payload, make([]byte, 1))
	if n > 0 {
		return fmt.Errorf("bytes after the document: without BEGIN the input must be exactly one safetensors document")
	}
	if err == io.EOF && (f.walker == nil || f.walker.err == io.EOF) {
		return nil
	}
	return f.fail(err, "what follows the document")
}

// readGrowing reads up to total bytes in all, the first of which are b. Its
// memory at most doubles at a time.
func readGrowing(in io.Reader, b []byte, total, trusted int64) ([]byte, error) {
	if b == nil {
		b = []byte{}
	}
	have := len(b)
	for int64(have) < total {
		size := min(total, max(2*int64(have), trustedSize, trusted))
		grown := make([]byte, size)
		copy(grown, b)
		b = grown
		n, err := io.ReadFull(in, b[have:])
		have += n
		if err != nil {
			return nil, err
		}
	}
	return b, nil
}

// WriteSafetensors writes one document as a plain safetensors file, the other half of what the reader takes as
// foreign input: the payload of a stream without its frames.
func WriteSafetensors(w io.Writer, d *Document) error {
	limits := Limits{}.withDefaults()
	order, _, err := arrange(d, &limits)
	if err != nil {
		return err
	}
	if err := d.check(); err != nil {
		return err
	}
	header, err := encodeHeader(d, order, &limits)
	if err != nil {
		return err
	}
	if _, err := w.Write(header); err != nil {
		return err
	}
	for _, i := range order {
		if _, err := w.Write(d.Tensors[i].Data); err != nil {
			return err
		}
	}
	return nil
}
