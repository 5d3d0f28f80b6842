package format

import (
	"encoding/binary"
	"fmt"
	"io"
	"runtime"
)

// trustedSize is what a body may claim before a byte of it has arrived.
const trustedSize = 8 << 20

// room returns a buffer for a body of total bytes of which have arrived: as
// large as the body if that is small or no larger than an earlier one,
// otherwise at most twice what has come. It holds what old holds.
func (r *Reader) room(old []byte, have, need, total int64) []byte {
	size := min(total, max(2*int64(len(old)), trustedSize, need, r.trusted))
	b := make([]byte, size)
	copy(b, old[:have])
	return b
}

// bodyFrame reads a frame of a body of which left bytes are to come.
func (r *Reader) bodyFrame(f *frame, left int64) error {
	var b [4]byte
	if _, err := io.ReadFull(r.in, b[:]); err != nil {
		return cut(err, "a body")
	}
	switch magic := binary.LittleEndian.Uint32(b[:]); magic {
	case zstdMagic:
		return cut(f.read(r.in, min(left, int64(r.limits.Frame))), "a body")
	case controlMagic:
		if _, err := readControl(r.in); err != nil {
			return err
		}
		return fmt.Errorf("a control record before the last %d bytes of the body: a frame is missing", left)
	default:
		return fmt.Errorf("%#08x where a frame of the body should start: damaged", magic)
	}
}

// A job is a frame on its way to its place in the body.
type job struct {
	frame *frame
	dst   []byte
	err   chan error
}

// readBody reads the body of a document. The frames are decoded side by side.
func (r *Reader) readBody() ([]byte, error) {
	var jobs []job // in the order of the body
	retire := func(n int) error {
		for _, j := range jobs[:n] {
			if err := <-j.err; err != nil {
				return err
			}
			r.count(len(j.dst), j.dst)
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
		if len(jobs) >= runtime.GOMAXPROCS(0) {
			if err := retire(1); err != nil {
				return nil, err
			}
		}
		j := job{frame: f, dst: data[at:next:next], err: make(chan error, 1)}
		if f.plain || next == r.body {
			j.err <- r.decode(f, j.dst) // no dearer than handing it over
		} else if dec, err := r.decoder(); err != nil {
			return nil, err
		} else {
			go func() { j.err <- f.decode(j.dst, dec) }()
		}
		jobs = append(jobs, j)
		at = next
	}
	return data, retire(len(jobs))
}
