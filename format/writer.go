package format

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/klauspost/compress/zstd"
)

// frameSize is the most content that a written frame has.
const frameSize = 1 << 20

// WriterOptions says how a stream is written. The zero value stores.
type WriterOptions struct {
	Level  Level
	Digest bool   // END carries the SHA-256 of the payload
	Limits Limits // what documents are held to; Frame and Window do not apply
}

// A Writer writes one stream. BEGIN goes out with the first document or END,
// so that a command that fails early leaves no output. It is not safe for
// concurrent use.
type Writer struct {
	w       io.Writer
	options WriterOptions
	limits  Limits
	enc     *zstd.Encoder
	digest  hash.Hash // nil unless asked for
	sum     End
	began   bool
	closed  bool
	marked  bool  // the first frame is written
	partial bool  // a body is not whole: only Abort may follow
	err     error // of w: the stream cannot go on
	out     []byte
}

// NewWriter returns a writer of a stream to w. It writes nothing yet.
func NewWriter(w io.Writer, o WriterOptions) *Writer {
	writer := &Writer{w: w, options: o, limits: o.Limits.withDefaults()}
	if o.Digest {
		writer.digest = sha256.New()
	}
	return writer
}

var (
	errClosed  = errors.New("write to a stream after its END")
	errPartial = errors.New("write to a stream after a document that could not be passed on whole")
)

// Write writes a document. When it returns, the document is complete
// downstream. A document that no reader would take is refused before any of
// it is written, and the stream may go on; an error of the underlying writer
// is final.
func (w *Writer) Write(d *Document) error {
	l, err := w.layout(d)
	if err == nil {
		err = d.check()
	}
	if err == nil {
		err = w.start(l)
	}
	if err != nil {
		return err
	}
	payload := &cursor{}
	for _, i := range l.order {
		payload.pieces = append(payload.pieces, d.Tensors[i].Data)
	}
	if err := w.frames(payload, int(l.body), false); err != nil {
		return err
	}
	return w.flush()
}

// A layout is a document as it is going to be written.
type layout struct {
	header []byte
	order  []int // of the tensors in the body
	body   int64 // bytes
}

// layout checks a document, all but its Data.
func (w *Writer) layout(d *Document) (l layout, err error) {
	switch {
	case w.closed:
		return l, errClosed
	case w.err != nil:
		return l, w.err
	case w.partial:
		return l, errPartial
	}
	if l.order, l.body, err = arrange(d, &w.limits); err != nil {
		return l, err
	}
	if l.header, err = encodeHeader(d, l.order, &w.limits); err != nil {
		return l, err
	}
	if n := int64(len(l.header)); n > w.limits.Document-l.body {
		return l, fmt.Errorf("document of %d bytes, more than %d", n+l.body, w.limits.Document)
	}
	return l, nil
}

// start writes all of a document but its body, which must follow.
func (w *Writer) start(l layout) error {
	var err error
	if w.enc == nil && w.options.Level != Store {
		if w.enc, err = newEncoder(w.options.Level); err != nil {
			return err
		}
	}
	w.begin()
	w.sum.Documents++
	w.sum.Bytes += uint64(len(l.header)) + uint64(l.body)
	return w.frames(&cursor{pieces: [][]byte{l.header}}, len(l.header), true)
}

// Close writes END: the stream is complete. It does not close the underlying
// writer. After Close or Abort it does nothing.
func (w *Writer) Close() error { return w.finish(false, "") }

// Abort writes an END that makes every reader fail with message (one line,
// such as "train: loss is NaN"; cut at 4096 bytes). After Close or Abort it
// does nothing.
func (w *Writer) Abort(message string) error { return w.finish(true, message) }

func (w *Writer) finish(abort bool, message string) error {
	if w.closed || w.err != nil {
		return w.err
	}
	if w.partial && !abort {
		return errPartial
	}
	w.closed = true
	w.begin()
	if w.digest != nil {
		w.sum.HasDigest = true
		w.digest.Sum(w.sum.Digest[:0])
	}
	w.out = appendEnd(w.out, w.sum, abort, message)
	return w.flush()
}

func (w *Writer) begin() {
	if !w.began {
		w.began = true
		w.out = appendBegin(w.out)
	}
}

// send writes a frame: gathered, if it is small, so that small documents take one write.
func (w *Writer) send(frame []byte) error {
	if len(frame) < storedSize {
		w.out = append(w.out, frame...)
		return nil
	}
	if err := w.flush(); err != nil {
		return err
	}
	w.out, frame = frame, w.out
	err := w.flush()
	w.out = frame
	return err
}

// flush sends what is gathered in out.
func (w *Writer) flush() error {
	if len(w.out) > 0 {
		n, err := w.w.Write(w.out)
		if err == nil && n < len(w.out) {
			err = io.ErrShortWrite
		}
		w.out = w.out[:0]
		w.err = err
	}
	return w.err
}

// A cursor walks over pieces of payload.
type cursor struct{ pieces [][]byte }

// copy fills dst with the next bytes.
func (c *cursor) copy(dst []byte) {
	for len(dst) > 0 {
		n := copy(dst, c.pieces[0])
		dst = dst[n:]
		if c.pieces[0] = c.pieces[0][n:]; len(c.pieces[0]) == 0 {
			c.pieces = c.pieces[1:]
		}
	}
}

// take returns the next n bytes: a view if they lie in one piece.
func (c *cursor) take(n int) []byte {
	for len(c.pieces[0]) == 0 {
		c.pieces = c.pieces[1:]
	}
	if p := c.pieces[0]; len(p) >= n {
		c.pieces[0] = p[n:]
		return p[:n]
	}
	b := make([]byte, n)
	c.copy(b)
	return b
}
