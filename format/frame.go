package format

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"slices"

	"github.com/cespare/xxhash/v2"
	"github.com/klauspost/compress/zstd"
)

const (
	zstdMagic = 0xFD2FB528
	maxBlock  = 128 << 10 // RFC 8878, 3.1.1.2.4
)

// Block types, RFC 8878, 3.1.1.2.2.
const (
	blockRaw = iota
	blockRLE
	blockCompressed
	blockReserved
)

// emptyBlock is a raw block without content, the last of its frame.
const emptyBlock = "\x01\x00\x00"

// A frameHeader is what precedes the blocks of a zstd frame, RFC 8878, 3.1.1.1.
type frameHeader struct {
	single   bool // single segment: the window is the content
	checksum bool
	dict     bool
	content  uint64 // content size, if known
	known    bool
	window   uint64
}

// readFrameHeader reads a frame header, after the magic, and appends its
// bytes to raw.
func readFrameHeader(r io.Reader, raw []byte) (frameHeader, []byte, error) {
	var b [14]byte
	if _, err := io.ReadFull(r, b[:1]); err != nil {
		return frameHeader{}, raw, err
	}
	d := b[0]
	if d&0x18 != 0 {
		return frameHeader{}, raw, fmt.Errorf("zstd frame with reserved bits: damaged")
	}
	h := frameHeader{single: d&0x20 != 0, checksum: d&4 != 0, dict: d&3 != 0}
	dictLen := [4]int{0, 1, 2, 4}[d&3]
	contentLen := [4]int{0, 2, 4, 8}[d>>6]
	windowLen := 1
	if h.single {
		windowLen = 0
		contentLen = max(contentLen, 1)
	}
	n := 1 + windowLen + dictLen + contentLen
	if _, err := io.ReadFull(r, b[1:n]); err != nil {
		return frameHeader{}, raw, err
	}
	var content [8]byte
	copy(content[:], b[n-contentLen:n])
	h.known = contentLen > 0
	h.content = binary.LittleEndian.Uint64(content[:])
	if contentLen == 2 {
		h.content += 256
	}
	h.window = h.content
	if !h.single {
		base := uint64(1) << (10 + b[1]>>3)
		h.window = base + base/8*uint64(b[1]&7)
	}
	return h, append(raw, b[:n]...), nil
}

// A block is a parsed block header.
type block struct {
	last    bool
	kind    int
	stored  int // bytes in the stream
	content int // bytes it decodes to; unknown (0) for a compressed block
}

// parseBlock checks a block header against the largest block that the
// frame's window allows.
func parseBlock(b []byte, window uint64) (block, error) {
	v := uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16
	size := blockSize(b)
	bl := block{last: v&1 != 0, kind: int(v >> 1 & 3), stored: size}
	if bl.kind == blockReserved {
		return bl, fmt.Errorf("zstd block of a reserved type: damaged")
	}
	if limit := min(window, maxBlock); uint64(size) > limit {
		return bl, fmt.Errorf("zstd block of %d bytes, more than %d: damaged", size, limit)
	}
	switch bl.kind {
	case blockRaw:
		bl.content = size
	case blockRLE:
		bl.content, bl.stored = size, 1
	}
	return bl, nil
}

// A frame is one zstd frame of a stream, not decoded.
type frame struct {
	raw     []byte // its bytes; of a plain frame, unless keep is set, without the content of the blocks
	blocks  int    // where in raw the blocks start
	content int    // bytes it decodes to
	plain   bool   // raw blocks only
	marked  bool   // and the last of them is empty
	keep    bool   // raw is to have all bytes, whatever the blocks
}

// start reads a frame's header, after its magic, reusing f's memory, and holds
// it to the rules of a stream; most is the content that may still come.
func (f *frame) start(in *bufio.Reader, most int64) error {
	f.raw = binary.LittleEndian.AppendUint32(f.raw[:0], zstdMagic)
	h, raw, err := readFrameHeader(in, f.raw)
	if err != nil {
		return err
	}
	switch {
	case h.dict:
		return fmt.Errorf("zstd frame with a dictionary: not allowed in a stream")
	case !h.single || !h.known:
		return fmt.Errorf("zstd frame without a content size or of several segments: not allowed in a stream")
	case !h.checksum:
		return fmt.Errorf("zstd frame without a checksum: not allowed in a stream")
	case h.content == 0:
		return fmt.Errorf("zstd frame without content: not allowed in a stream")
	case most < 0 || h.content > uint64(most):
		return fmt.Errorf("zstd frame of %d bytes where at most %d may follow: damaged, or a frame is missing or doubled", h.content, most)
	}
	f.raw, f.blocks, f.content, f.plain = raw, len(raw), int(h.content), true
	return nil
}

// rest reads the blocks and checksum after start. Raw blocks go straight to
// dst, where decode puts the others; with a nil dst only the structure is looked
// at. Memory grows with the bytes that arrive.
func (f *frame) rest(in *bufio.Reader, dst []byte) error {
	known, stored := 0, 0 // content of raw and RLE blocks; bytes of all
	for last := false; !last; {
		at := len(f.raw)
		var err error
		if f.raw, err = extend(in, f.raw, 3); err != nil {
			return err
		}
		bl, err := parseBlock(f.raw[at:], uint64(f.content))
		if err != nil {
			return err
		}
		known += bl.content
		stored += 3 + bl.stored
		// An honest encoder stores what it cannot shrink, so the second test
		// only stops frames that consist of empty blocks.
		if known > f.content || stored > 2*f.content+maxBlock {
			return fmt.Errorf("zstd frame is longer than its content size of %d bytes allows: damaged", f.content)
		}
		if f.plain && bl.kind != blockRaw {
			f.plain = false
			if !f.keep {
				f.interleave(dst)
			}
		}
		switch {
		case f.keep:
			f.raw, err = extend(in, f.raw, bl.stored)
		case dst == nil:
			f.raw = f.raw[:at]
			_, err = in.Discard(bl.stored)
		case f.plain:
			_, err = io.ReadFull(in, dst[known-bl.content:known])
		default:
			f.raw, err = extend(in, f.raw, bl.stored)
		}
		if err != nil {
			return noEOF(err)
		}
		last = bl.last
		f.marked = f.plain && bl.content == 0
	}
	if f.plain && known != f.content {
		return fmt.Errorf("zstd frame has %d bytes of its %d: damaged", known, f.content)
	}
	var err error
	f.raw, err = extend(in, f.raw, 4)
	return err
}

// interleave puts the content of the raw blocks so far, which is in dst, back
// between their headers: another kind of block follows, and the frame needs a
// decoder.
func (f *frame) interleave(dst []byte) {
	if dst == nil {
		return
	}
	heads := slices.Clone(f.raw[f.blocks:])
	f.raw = f.raw[:f.blocks]
	for ; len(heads) > 3; heads = heads[3:] {
		n := blockSize(heads)
		f.raw = append(append(f.raw, heads[:3]...), dst[:n]...)
		dst = dst[n:]
	}
	f.raw = append(f.raw, heads...)
}

// blockSize is the size in a block header.
func blockSize(b []byte) int { return int(uint32(b[0])|uint32(b[1])<<8|uint32(b[2])<<16) >> 3 }

// extend appends the next n bytes of r.
func extend(r io.Reader, b []byte, n int) ([]byte, error) {
	at := len(b)
	b = slices.Grow(b, n)[:at+n]
	_, err := io.ReadFull(r, b[at:])
	return b, noEOF(err)
}

// pieces yields the content of a plain frame that was kept.
func (f *frame) pieces(yield func([]byte) bool) {
	for at := f.blocks; at < len(f.raw)-4; {
		n := blockSize(f.raw[at:])
		at += 3 + n
		if !yield(f.raw[at-n : at]) {
			return
		}
	}
}

// verify compares the checksum of a plain frame.
func (f *frame) verify(sum uint64) error {
	if uint32(sum) != binary.LittleEndian.Uint32(f.raw[len(f.raw)-4:]) {
		return fmt.Errorf("zstd frame is damaged: the checksum differs")
	}
	return nil
}

// decode decodes the frame into dst, the memory that rest was given, of exactly
// f.content bytes, and verifies the checksum.
func (f *frame) decode(dst []byte, dec *zstd.Decoder) error {
	if f.plain {
		return f.verify(xxhash.Sum64(dst))
	}
	out, err := dec.DecodeAll(f.raw, dst[:0:f.content])
	if err == nil && len(out) != f.content {
		err = fmt.Errorf("it has %d bytes, not %d", len(out), f.content)
	}
	if err != nil {
		return fmt.Errorf("zstd frame is damaged: %w", err)
	}
	return nil
}

// appendStored appends a zstd frame of raw blocks, whose size bytes of content
// next fills in piece by piece. A marked frame ends with an empty block.
func appendStored(b []byte, size int, mark bool, next func(dst []byte)) []byte {
	b = binary.LittleEndian.AppendUint32(b, zstdMagic)
	switch { // frame header descriptor: content size's width, single segment, checksum
	case size < 256:
		b = append(b, 0<<6|0x24, byte(size))
	case size < 256+1<<16:
		b = binary.LittleEndian.AppendUint16(append(b, 1<<6|0x24), uint16(size-256))
	default:
		b = binary.LittleEndian.AppendUint32(append(b, 2<<6|0x24), uint32(size))
	}
	var sum xxhash.Digest
	sum.Reset()
	for size > 0 {
		n := min(size, maxBlock)
		size -= n
		v := uint32(n)<<3 | uint32(b2u(size == 0 && !mark))
		b = append(b, byte(v), byte(v>>8), byte(v>>16))
		at := len(b)
		b = slices.Grow(b, n)[:at+n]
		next(b[at:])
		sum.Write(b[at:])
	}
	if mark {
		b = append(b, emptyBlock...)
	}
	return binary.LittleEndian.AppendUint32(b, uint32(sum.Sum64()))
}
