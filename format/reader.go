package format

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"io"
	"os"
	"runtime"

	"github.com/klauspost/compress/zstd"
)

// A Reader reads the documents of one or more concatenated streams, or one
// foreign safetensors document. It reads no further than the document that it
// was asked for, so that a slow producer's documents are seen one by one. It
// is not safe for concurrent use.
//
// After an error every call returns that error.
type Reader struct {
	limits  Limits
	in      *bufio.Reader
	foreign *foreign // the source when the input is no Herbarium stream
	state   int
	err     error

	current *Document // the last one; its body is still to come
	body    int64     // bytes of that body
	number  int       // documents so far, of all streams, for messages

	end    End       // of the last complete stream
	ends   [2]int    // complete streams; those whose digest was verified
	seen   End       // what was counted of this stream
	hashed bool      // all of this stream's payload went into stream
	whole  bool      // all payload so far went into total
	quiet  bool      // this stream announced that it carries no digest
	always bool      // hash it nevertheless
	total  hash.Hash // of the payload of all streams
	stream hash.Hash // of this one's; the same object in the first stream

	frames  []*frame // memory to use again
	scratch []byte   // a decoded frame
	dec     *zstd.Decoder
	trusted int64 // bytes that a body may take before they have come: those of the largest that has, or twice those of a file
}

// Where a Reader is.
const (
	atStart = iota
	inStream
	afterEnd
	inForeign
)

// NewReader returns a reader of r. It reads nothing yet.
func NewReader(r io.Reader, l Limits) *Reader {
	digest := sha256.New()
	// What is large is read past the buffer, into its place.
	return &Reader{limits: l.withDefaults(), in: bufio.NewReaderSize(r, 4<<10), hashed: true, whole: true,
		total: digest, stream: digest, trusted: 2 * fileSize(r)}
}

// fileSize is the size of a regular file: its bytes have arrived. Of other inputs it is 0.
func fileSize(r io.Reader) int64 {
	if f, ok := r.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			return info.Size()
		}
	}
	return 0
}

// Next returns the next document, whole. It returns io.EOF after the END of
// the last stream, when all that END says was verified.
func (r *Reader) Next() (*Document, error) {
	d, err := r.Header()
	if err != nil {
		return nil, err
	}
	return d, r.Body(d)
}

// Header returns the next document with tensors that have no Data. Unless Body
// or BodyOf is called next, the body is passed over without being decoded: its frames
// are checked for structure, not for content.
//
// It returns io.EOF after the END of the last stream. Errors match [ErrEmpty],
// [ErrTruncated] and [ErrAborted] where they apply.
func (r *Reader) Header() (*Document, error) {
	if r.err != nil || r.skip() != nil {
		return nil, r.err
	}
	var d *Document
	if d, r.err = r.header(); r.err != nil {
		return nil, r.err
	}
	r.current = d
	return d, nil
}

// fail keeps an error, with the document it occurred in.
func (r *Reader) fail(err error) error {
	if err != nil {
		r.err = fmt.Errorf("document %d: %w", r.number, err)
	}
	return r.err
}

// AlwaysDigest makes Digest known for every input. Without it, streams that
// announce that they carry no digest (pipes, see "The mark" in FORMAT.md) are
// not hashed, which doubles the speed of a pipe. Call it before reading.
func (r *Reader) AlwaysDigest() { r.always = true }

// Digest returns the SHA-256 of the payload so far, of all streams: after
// io.EOF it is what `zstd -dc file | sha256sum` prints. It is false if a body
// was passed over or payload was not hashed (see AlwaysDigest).
func (r *Reader) Digest() ([sha256.Size]byte, bool) {
	return [sha256.Size]byte(r.total.Sum(nil)), r.whole
}

// End returns the END record of the last stream that was read to its end.
func (r *Reader) End() End { return r.end }

// Err returns the error that reading has ended with, nil after a proper end.
func (r *Reader) Err() error {
	if r.err == io.EOF {
		return nil
	}
	return r.err
}

// Streams returns how many streams were read to their END, and how many of
// them had a digest that was verified. Foreign input counts as none.
func (r *Reader) Streams() (all, verified int) { return r.ends[0], r.ends[1] }

// header reads up to and including the header of the next document.
func (r *Reader) header() (*Document, error) {
	if r.state == atStart {
		if err := r.detect(); err != nil {
			return nil, err
		}
	}
	if r.state == inForeign {
		return r.foreign.header(r)
	}
	for {
		magic, err := r.magic()
		switch {
		case err != nil:
			return nil, err
		case magic == controlMagic:
			if err := r.control(); err != nil {
				return nil, err
			}
		case magic == zstdMagic && r.state == inStream:
			r.number++
			d, err := r.readHeader()
			if err != nil {
				return nil, fmt.Errorf("document %d: %w", r.number, err)
			}
			return d, nil
		case r.state == afterEnd:
			return nil, fmt.Errorf("bytes after the end of the stream: only another stream may follow")
		default:
			return nil, fmt.Errorf("%#08x where a frame should start: damaged", magic)
		}
	}
}

// detect looks at the first bytes to tell a stream from foreign input.
func (r *Reader) detect() error {
	first, err := r.in.Peek(4)
	want := binary.LittleEndian.AppendUint32(nil, controlMagic)
	switch {
	case len(first) == 4 && bytes.Equal(first, want):
		r.state = afterEnd
		return nil
	case err != nil && err != io.EOF:
		return err
	case len(first) == 0:
		return ErrEmpty
	case bytes.HasPrefix(want, first):
		return cut(io.EOF, "BEGIN")
	}
	r.state = inForeign
	r.foreign, err = newForeign(r.in, &r.limits)
	return err
}

// magic reads the four bytes that start a frame. io.EOF is a proper end.
func (r *Reader) magic() (uint32, error) {
	var b [4]byte
	n, err := io.ReadFull(r.in, b[:])
	switch {
	case err == io.EOF && r.state == afterEnd:
		return 0, io.EOF
	case err == io.ErrUnexpectedEOF && r.state == afterEnd && b[0] != controlMagic&0xff:
		return 0, fmt.Errorf("%d bytes after the end of the stream: only another stream may follow", n)
	}
	return binary.LittleEndian.Uint32(b[:]), cut(err, "a stream before its END")
}

// control reads a control record between documents.
func (r *Reader) control() error {
	end, err := readControl(r.in)
	switch {
	case err != nil:
		return err
	case end == nil && r.state == inStream:
		return fmt.Errorf("BEGIN inside a stream: the END before it is missing")
	case end == nil:
		r.state = inStream
		return nil
	case r.state != inStream:
		return fmt.Errorf("END without BEGIN")
	}
	if end.Documents != r.seen.Documents || end.Bytes != r.seen.Bytes {
		return fmt.Errorf("END counts %d documents of together %d bytes, but %d of %d bytes came: damaged", end.Documents, end.Bytes, r.seen.Documents, r.seen.Bytes)
	}
	if end.HasDigest && r.quiet {
		return fmt.Errorf("END has a digest, but the first header announced none: damaged")
	}
	if end.HasDigest && r.hashed {
		if [sha256.Size]byte(r.stream.Sum(nil)) != end.Digest {
			return fmt.Errorf("the payload has another SHA-256 than END says: damaged")
		}
		end.Verified = true
		r.ends[1]++
	}
	r.ends[0]++
	r.end, r.seen, r.state = *end, End{}, afterEnd
	r.stream, r.hashed, r.quiet = sha256.New(), true, false
	return nil
}

// count adds payload that was passed over (data nil) or decoded.
func (r *Reader) count(size int, data []byte) {
	r.seen.Bytes += uint64(size)
	if data == nil || r.quiet && !r.always {
		r.whole, r.hashed = false, false
		return
	}
	r.total.Write(data)
	if r.stream != r.total {
		r.stream.Write(data)
	}
}

// countAside counts payload on a goroutine of its own, for the digest may take longer than all other work. Wait comes after
// the last of it, before the memory is changed.
func (r *Reader) countAside() (payload chan<- []byte, wait func()) {
	c, done := make(chan []byte, 64), make(chan struct{})
	go func() {
		defer close(done)
		for data := range c {
			r.count(len(data), data)
		}
	}()
	return c, func() {
		close(c)
		<-done
	}
}

// readHeader reads the header frame of a document, after its magic.
func (r *Reader) readHeader() (*Document, error) {
	f := r.frame()
	defer r.reuse(f)
	if err := f.start(r.in, int64(min(r.limits.Header, r.limits.Frame))); err != nil {
		return nil, cut(err, "a header")
	}
	text := make([]byte, f.content)
	if err := f.rest(r.in, text); err != nil {
		return nil, cut(err, "a header")
	}
	if err := r.decode(f, text); err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	if len(text) < 8 || binary.LittleEndian.Uint64(text) != uint64(len(text)-8) {
		return nil, fmt.Errorf("header: its length is not that of its frame of %d bytes: damaged, or a frame is missing or doubled", len(text))
	}
	r.quiet = r.quiet || r.seen.Documents == 0 && f.marked
	r.seen.Documents++
	return r.parse(text)
}

// parse parses the length and JSON of a header.
func (r *Reader) parse(text []byte) (*Document, error) {
	d, body, err := parseHeader(text[8:], &r.limits)
	if err != nil {
		return nil, err
	}
	if body > r.limits.Document-int64(len(text)) {
		return nil, fmt.Errorf("document of %d bytes, more than %d", body+int64(len(text)), r.limits.Document)
	}
	r.body = body
	r.count(len(text), text)
	return d, nil
}

// frame returns memory for a frame.
func (r *Reader) frame() *frame {
	if n := len(r.frames); n > 0 {
		f := r.frames[n-1]
		r.frames = r.frames[:n-1]
		return f
	}
	return &frame{}
}

func (r *Reader) reuse(f *frame) { r.frames = append(r.frames, f) }

// decoder returns the zstd decoder, made when first needed: most pipes carry
// stored frames only.
func (r *Reader) decoder() (*zstd.Decoder, error) {
	var err error
	if r.dec == nil {
		r.dec, err = zstd.NewReader(nil, zstd.WithDecodeAllCapLimit(true), zstd.WithDecoderConcurrency(runtime.GOMAXPROCS(0)))
	}
	return r.dec, err
}

func (r *Reader) decode(f *frame, dst []byte) error {
	dec, err := r.decoder()
	if err != nil {
		return err
	}
	return f.decode(dst, dec)
}
