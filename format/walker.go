package format

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

const skippableMagic = 0x184D2A50 // to 5F

// A frameWalker passes on the zstd data frames of foreign input, and checks
// their structure on the way. Skippable frames are dropped (other compressors
// leave seek tables in them), but a control record means that the input is
// part of a stream that lost its BEGIN. An end between frames is io.EOF,
// anywhere else io.ErrUnexpectedEOF.
type frameWalker struct {
	in       *bufio.Reader
	window   uint64 // largest window taken
	header   frameHeader
	inFrame  bool
	lastSeen bool
	head     [3]byte // of a block
	ready    []byte  // parsed bytes to pass on
	run      int     // bytes of a block or checksum to pass on after ready
	err      error
}

func (w *frameWalker) Read(p []byte) (int, error) {
	n, err := w.read(p)
	w.err = err
	return n, err
}

func (w *frameWalker) read(p []byte) (int, error) {
	for len(w.ready) == 0 && w.run == 0 {
		if err := w.step(); err != nil {
			return 0, err
		}
	}
	if len(w.ready) > 0 {
		n := copy(p, w.ready)
		w.ready = w.ready[n:]
		return n, nil
	}
	n, err := w.in.Read(p[:min(len(p), w.run)])
	w.run -= n
	if err == io.EOF && w.run > 0 {
		return n, io.ErrUnexpectedEOF
	}
	return n, err
}

// step parses the next frame header or block header.
func (w *frameWalker) step() error {
	if !w.inFrame {
		return w.start()
	}
	if w.lastSeen {
		w.inFrame = false
		if w.header.checksum {
			w.run = 4
		}
		return nil
	}
	b, err := extend(w.in, w.head[:0], 3)
	if err != nil {
		return err
	}
	bl, err := parseBlock(b, w.header.window)
	if err != nil {
		return err
	}
	w.ready, w.run, w.lastSeen = b, bl.stored, bl.last
	return nil
}

// start parses a frame header, or drops a skippable frame.
func (w *frameWalker) start() error {
	var b [4]byte
	if _, err := io.ReadFull(w.in, b[:]); err != nil {
		return err
	}
	magic := binary.LittleEndian.Uint32(b[:])
	switch {
	case magic == controlMagic:
		return errors.New("a control record in input without BEGIN: the start of the stream is missing")
	case magic&^0xf == skippableMagic:
		if _, err := io.ReadFull(w.in, b[:]); err != nil {
			return noEOF(err)
		}
		_, err := io.CopyN(io.Discard, w.in, int64(binary.LittleEndian.Uint32(b[:])))
		return noEOF(err)
	case magic != zstdMagic:
		return fmt.Errorf("%#08x after a zstd frame: not a zstd file, or damaged", magic)
	}
	h, raw, err := readFrameHeader(w.in, b[:])
	switch {
	case err != nil:
		return noEOF(err)
	case h.dict:
		return errors.New("zstd frame that needs a dictionary")
	case h.window > w.window:
		return fmt.Errorf("zstd frame with a window of %d bytes, more than %d: compress it again with zstd -19 or less", h.window, w.window)
	}
	w.header, w.ready, w.inFrame, w.lastSeen = h, raw, true, false
	return nil
}

func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
