package format

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
)

// Body fills in the Data of the tensors of d, which Header returned last. All
// of them share one allocation.
func (r *Reader) Body(d *Document) error {
	if err := r.take(d); err != nil {
		return err
	}
	var data []byte
	var err error
	if r.state == inForeign {
		data, err = r.foreign.body(r)
	} else {
		data, err = r.readBody()
	}
	if err != nil {
		return r.fail(err)
	}
	r.trusted = max(r.trusted, int64(len(data)))
	for i := range d.Tensors {
		t := &d.Tensors[i]
		size, ok := byteSize(t.DType, t.Shape)
		if !ok || size > int64(len(data)) {
			return fmt.Errorf("tensor %q: changed between Header and Body", t.Name)
		}
		t.Data, data = data[:size:size], data[size:]
	}
	return nil
}

// BodyOf is like Body, but fills in only the tensors of these names, and
// decodes no more than they need. The stream's digest can then not be verified.
func (r *Reader) BodyOf(d *Document, names ...string) error {
	if err := r.take(d); err != nil {
		return err
	}
	want := map[string]bool{}
	for _, name := range names {
		want[name] = true
		if t := d.Tensor(name); t != nil {
			t.Data = []byte{}
		}
	}
	if r.state == inForeign {
		return r.fail(r.foreign.some(r, d, want))
	}
	return r.fail(r.readSome(d, want))
}

// take makes sure that the body of d is what comes next.
func (r *Reader) take(d *Document) error {
	if r.err != nil {
		return r.err
	}
	if d == nil || d != r.current {
		return errors.New("body of a document that was not the last one read")
	}
	r.current = nil
	return nil
}

// skip passes over the body of the current document.
func (r *Reader) skip() error {
	if r.current == nil {
		return nil
	}
	r.current = nil
	var err error
	if r.state == inForeign {
		err = r.foreign.skip(r)
	} else {
		f := r.frame()
		defer r.reuse(f)
		for left := r.body; left > 0 && err == nil; left -= int64(f.content) {
			if err = r.bodyFrame(f, left); err == nil {
				err = cut(f.rest(r.in, nil), "a body")
				r.count(f.content, nil)
			}
		}
	}
	return r.fail(err)
}

// trustedSize is what a body may claim before a byte of it has arrived.
const trustedSize = 8 << 20

// room returns a buffer for a body of total bytes of which have arrived: as
// large as the body if that is small, no larger than an earlier one or than
// twice the file, otherwise at most twice what has come. It holds what old holds.
func (r *Reader) room(old []byte, have, need, total int64) []byte {
	size := min(total, max(2*int64(len(old)), trustedSize, need, r.trusted))
	b := make([]byte, size)
	hugePages(b)
	copy(b, old[:have])
	return b
}

// bodyFrame starts a frame of a body of which left bytes are to come.
func (r *Reader) bodyFrame(f *frame, left int64) error {
	var b [4]byte
	if _, err := io.ReadFull(r.in, b[:]); err != nil {
		return cut(err, "a body")
	}
	switch magic := binary.LittleEndian.Uint32(b[:]); magic {
	case zstdMagic:
		return cut(f.start(r.in, min(left, int64(r.limits.Frame))), "a body")
	case controlMagic:
		if _, err := readControl(r.in); err != nil {
			return err
		}
		return fmt.Errorf("a control record before the last %d bytes of the body: a frame is missing", left)
	default:
		return fmt.Errorf("%#08x where a frame of the body should start: damaged", magic)
	}
}

// mostRaw is how much of a body waits undecoded at a time, the frame that is
// read next not counted, however many processors there are.
const mostRaw = 32 << 20

// A job is a frame on its way to its place in the body.
type job struct {
	frame *frame
	dst   []byte
	err   chan error
}

// readBody reads the body of a document. The frames are decoded side by side.
func (r *Reader) readBody() ([]byte, error) {
	var jobs []job // in the order of the body
	waiting := 0   // bytes of their frames
	payload, wait := r.countAside()
	defer wait()
	retire := func(n int) error {
		for _, j := range jobs[:n] {
			if err := <-j.err; err != nil {
				return err
			}
			waiting -= len(j.frame.raw)
			payload <- j.dst
			r.reuse(j.frame)
		}
		jobs = append(jobs[:0], jobs[n:]...)
		return nil
	}
	data := r.room(nil, 0, 0, r.body)
	for at := int64(0); at < r.body; {
		f := r.frame()
		if err := r.bodyFrame(f, r.body-at); err != nil {
			return nil, err
		}
		next := at + int64(f.content)
		if next > int64(len(data)) {
			if err := retire(len(jobs)); err != nil {
				return nil, err
			}
			data = r.room(data, at, next, r.body)
		}
		for len(jobs) >= runtime.GOMAXPROCS(0) || waiting > mostRaw {
			if err := retire(1); err != nil {
				return nil, err
			}
		}
		j := job{frame: f, dst: data[at:next:next], err: make(chan error, 1)}
		if err := f.rest(r.in, j.dst); err != nil {
			return nil, cut(err, "a body")
		}
		if f.plain || next == r.body {
			j.err <- r.decode(f, j.dst) // no dearer than handing it over
		} else if dec, err := r.decoder(); err != nil {
			return nil, err
		} else {
			go func() { j.err <- f.decode(j.dst, dec) }()
		}
		jobs = append(jobs, j)
		waiting += len(f.raw)
		at = next
	}
	return data, retire(len(jobs))
}

// A part of a frame's content belongs to a tensor.
type part struct {
	tensor *Tensor
	lo, hi int64
}

// readSome reads the body of a document, decoding only the frames that hold
// some of the tensors that want names. The others keep Data nil.
func (r *Reader) readSome(d *Document, want map[string]bool) error {
	f := r.frame()
	defer r.reuse(f)
	for at := int64(0); at < r.body; {
		if err := r.bodyFrame(f, r.body-at); err != nil {
			return err
		}
		next := at + int64(f.content)
		var parts []part
		start := int64(0) // of the tensor, in the body
		for i := range d.Tensors {
			t := &d.Tensors[i]
			size, _ := byteSize(t.DType, t.Shape)
			if lo, hi := max(start, at), min(start+size, next); want[t.Name] && lo < hi {
				parts = append(parts, part{t, lo - at, hi - at})
			}
			start += size
		}
		var content []byte
		if len(parts) > 0 {
			r.scratch = slices.Grow(r.scratch[:0], f.content)
			content = r.scratch[:f.content]
		}
		err := cut(f.rest(r.in, content), "a body")
		if err == nil && content != nil {
			err = r.decode(f, content)
		}
		if err != nil {
			return err
		}
		for _, p := range parts {
			p.tensor.Data = append(p.tensor.Data, content[p.lo:p.hi]...)
		}
		r.count(f.content, nil)
		at = next
	}
	return nil
}
