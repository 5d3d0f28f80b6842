package dataset

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"io"

	"golang.org/x/image/riff"
	"golang.org/x/image/webp"
)

// decodeWebP decodes a still picture, lossy or not, or the first frame of an animation.
func decodeWebP(data []byte) (rows, error) {
	m, err := webp.Decode(bytes.NewReader(data))
	if err == nil {
		return webpRows(m)
	}
	frame := firstFrame(data)
	if frame == nil {
		return nil, err
	}
	if m, err = webp.Decode(bytes.NewReader(frame.file)); err != nil {
		return nil, err
	}
	src, err := webpRows(m)
	if err != nil {
		return nil, err
	}
	if h, w := src.size(); frame.left+w > frame.width || frame.top+h > frame.height {
		return nil, errFrameOutside
	}
	return placedRows{src, frame.top, frame.left, frame.height, frame.width}, nil
}

var errFrameOutside = errors.New("its first frame reaches beyond the picture")

func webpRows(m image.Image) (rows, error) {
	switch m := m.(type) {
	case *image.YCbCr:
		return newStudioRows(m), nil
	case *image.NYCbCrA:
		return translucentRows{newStudioRows(&m.YCbCr), m.A, m.AStride}, nil
	}
	return rowsOf(m)
}

// webpFrame is the first frame of an animation as a file of its own, and where on the screen it lies.
type webpFrame struct {
	file          []byte
	top, left     int
	height, width int // of the screen
}

// firstFrame finds the first frame of an animated WebP (the container's chunk ANMF), nil without one.
func firstFrame(data []byte) *webpFrame {
	const animated, head = 1 << 1, 16
	_, chunks, err := riff.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil
	}
	f := &webpFrame{}
	for {
		id, _, chunk, err := chunks.Next()
		if err != nil {
			return nil
		}
		switch string(id[:]) {
		case "VP8X":
			b, err := io.ReadAll(chunk)
			if err != nil || len(b) != 10 || b[0]&animated == 0 {
				return nil
			}
			f.width, f.height = 1+uint24(b[4:]), 1+uint24(b[7:])
		case "ANMF":
			b, err := io.ReadAll(chunk)
			if err != nil || len(b) < head || f.width == 0 {
				return nil
			}
			f.left, f.top = 2*uint24(b), 2*uint24(b[3:])
			f.file = stillWebP(b[6:12], b[head:])
			return f
		}
	}
}

// stillWebP is a file of the chunks of a frame: transparency and picture. size is as in an extended header.
func stillWebP(size, frame []byte) []byte {
	body := []byte("WEBP")
	if bytes.HasPrefix(frame, []byte("ALPH")) {
		const translucent = 1 << 4
		body = append(body, "VP8X\x0a\x00\x00\x00"...)
		body = append(body, translucent, 0, 0, 0)
		body = append(body, size...)
	}
	body = append(body, frame...)
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

func uint24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }
