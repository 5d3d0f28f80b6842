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

var errClosed = errors.New("write to a stream after its END")

// Write writes a document. When it returns, the document is complete
// downstream. A document that no reader would take is refused before any of
// it is written, and the stream may go on; an error of the underlying writer
// is final.
func (w *Writer) Write(d *Document) error {
	switch {
	case w.closed:
		return errClosed
	case w.err != nil:
		return w.err
	}
	order, body, err := arrange(d, &w.limits)
	if err != nil {
		return err
	}
	header, err := encodeHeader(d, order, &w.limits)
	if err != nil {
		return err
	}
	if int64(len(header)) > w.limits.Document-body {
		return fmt.Errorf("document of %d bytes, more than %d", int64(len(header))+body, w.limits.Document)
	}
	if w.enc == nil && w.options.Level != Store {
		if w.enc, err = newEncoder(w.options.Level); err != nil {
			return err
		}
	}
	w.begin()
	payload := &cursor{pieces: [][]byte{header}}
	if err := w.frames(payload, len(header)); err != nil {
		return err
	}
	payload = &cursor{}
	for _, i := range order {
		payload.pieces = append(payload.pieces, d.Tensors[i].Data)
	}
	if err := w.frames(payload, int(body)); err != nil {
		return err
	}
	w.sum.Documents++
	w.sum.Bytes += uint64(len(header)) + uint64(body)
	return w.flush()
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
