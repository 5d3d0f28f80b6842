package format

import (
	"slices"

	"github.com/cespare/xxhash/v2"
)

// Pass writes the document whose header r has returned last, with the body that is still to be read. Its metadata may have
// changed, its tensors not. Through a pipe it goes frame by frame: no more than one is in memory, and the next command
// has the first before the last has come. If the body is damaged the stream can only be aborted. Whether reading
// failed or writing, [Reader.Err] tells.
func (w *Writer) Pass(r *Reader, d *Document) error {
	l, err := w.layout(d)
	if err != nil {
		return err
	}
	if w.options.Level != Store || w.digest != nil || r.state == inForeign || !slices.IsSorted(l.order) {
		if err := r.Body(d); err != nil {
			return err
		}
		return w.Write(d)
	}
	if err := r.take(d); err != nil {
		return err
	}
	if err := w.start(l); err != nil {
		return err
	}
	w.partial = true
	f := r.frame()
	f.keep = true
	defer func() {
		f.keep = false
		r.reuse(f)
	}()
	for left := l.body; left > 0; left -= int64(f.content) {
		content, err := r.pieces(f, left)
		if err != nil {
			return r.fail(err)
		}
		payload, wait := r.countAside()
		for _, piece := range content {
			payload <- piece
		}
		if f.plain && f.content <= frameSize && len(f.raw) <= f.content+64 { // as this package writes it
			err = w.send(f.raw)
		} else {
			err = w.frames(&cursor{pieces: slices.Clone(content)}, f.content, false)
		}
		wait()
		if err != nil {
			return err
		}
	}
	w.partial = false
	return w.flush()
}

// pieces reads a frame of a body of which left bytes are to come, and returns its content.
func (r *Reader) pieces(f *frame, left int64) ([][]byte, error) {
	if err := r.bodyFrame(f, left); err != nil {
		return nil, err
	}
	if err := f.rest(r.in, nil); err != nil {
		return nil, cut(err, "a body")
	}
	if f.plain {
		var sum xxhash.Digest
		sum.Reset()
		content := slices.Collect(f.pieces)
		for _, piece := range content {
			sum.Write(piece)
		}
		return content, f.verify(sum.Sum64())
	}
	r.scratch = slices.Grow(r.scratch[:0], f.content)[:f.content]
	return [][]byte{r.scratch}, r.decode(f, r.scratch)
}
