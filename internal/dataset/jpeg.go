package dataset

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"iter"
	"slices"

	"herbarium/internal/dataset/anyjpeg"
)

// Markers of JPEG segments (ITU-T T.81, table B.1).
const (
	markerSOI   = 0xd8 // what comes before it are restarts
	markerEOI   = 0xd9
	markerSOS   = 0xda
	markerDHT   = 0xc4
	markerJPG   = 0xc8
	markerDAC   = 0xcc
	markerAPP0  = 0xe0
	markerAPP14 = 0xee
)

// segment is one of a JPEG file's: where it begins, and what follows its length.
type segment struct {
	marker byte
	at     int
	body   []byte
}

// segments are those of a JPEG file up to its end, without the coded data between them.
func segments(data []byte) iter.Seq[segment] {
	return func(yield func(segment) bool) {
		for at := 2; at+4 <= len(data); {
			marker := data[at+1]
			switch {
			case data[at] != 0xff, marker == 0, marker >= 0xd0 && marker < markerSOI: // coded data
				next := bytes.IndexByte(data[at+1:], 0xff)
				if next < 0 {
					return
				}
				at += 1 + next
				continue
			case marker == 0xff: // padding
				at++
				continue
			case marker == markerEOI:
				return
			}
			end := at + 2 + int(binary.BigEndian.Uint16(data[at+2:]))
			if end < at+4 || end > len(data) || !yield(segment{marker, at, data[at+4 : end]}) {
				return
			}
			at = end
		}
	}
}

// jpegHeader is what a JPEG says before its coded data.
type jpegHeader struct {
	frame      segment // what the picture is, and how it is coded; without body if there is none
	components int
	jfif       bool // the colors are JFIF's
	adobe      bool // the colors are marked as Adobe's
	transform  byte // of Adobe's mark: 0 is none
}

// isPlain tells whether components are red, green and blue, or inks, not luma and chroma, by the rules of libjpeg.
func (h jpegHeader) isPlain() bool {
	if h.components == 4 {
		return h.transform == 0
	}
	if h.jfif || h.adobe {
		return !h.jfif && h.transform == 0
	}
	return h.frame.body[6] == 'R' && h.frame.body[9] == 'G' && h.frame.body[12] == 'B'
}

func headerOf(data []byte) (h jpegHeader) {
	for s := range segments(data) {
		switch {
		case s.marker == markerSOS:
			return h
		case s.marker == markerAPP0:
			h.jfif = h.jfif || bytes.HasPrefix(s.body, []byte("JFIF\x00"))
		case s.marker == markerAPP14 && len(s.body) >= 12 && bytes.HasPrefix(s.body, []byte("Adobe")):
			h.adobe, h.transform = true, s.body[11]
		case s.marker < 0xc0 || s.marker > 0xcf || s.marker == markerDHT || s.marker == markerJPG || s.marker == markerDAC:
		case len(s.body) >= 6 && len(s.body) >= 6+3*int(s.body[5]):
			h.frame, h.components = s, int(s.body[5])
		}
	}
	return h
}

// readable makes of a JPEG, as far as Go's decoder knows less than libjpeg, one that it reads: the sampling of a
// single component has no meaning, and four without a mark are Adobe's inks. What it does not know is an error.
func readable(data []byte) ([]byte, error) {
	h := headerOf(data)
	frame := h.frame
	switch {
	case frame.body == nil:
		return data, nil
	case frame.marker >= 0xc9:
		return nil, unsupported("arithmetic coding")
	case frame.marker == 0xc3:
		return nil, unsupported("lossless coding")
	case frame.marker > 0xc3:
		return nil, unsupported("hierarchical coding")
	case frame.body[0] != 8:
		return nil, unsupported(fmt.Sprintf("%d bits", frame.body[0]))
	}
	switch {
	case h.components == 1 && frame.body[7] != 0x11:
		data = slices.Clone(data)
		data[frame.at+4+7] = 0x11
	case h.components == 4 && !h.adobe:
		const inks = "\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00"
		data = slices.Concat(data[:2], []byte(inks), data[2:])
	}
	return data, nil
}

func configJPEG(data []byte) (image.Config, error) {
	data, err := readable(data)
	if err != nil {
		return image.Config{}, err
	}
	c, err := jpeg.DecodeConfig(bytes.NewReader(data))
	if h := headerOf(data); oddSampling(h, err) {
		size := h.frame.body[1:]
		model := color.YCbCrModel
		if h.components == 4 {
			model = color.CMYKModel
		}
		return image.Config{ColorModel: model, Height: int(be16(size)), Width: int(be16(size[2:]))}, nil
	}
	return c, err
}

// oddSampling tells whether Go's decoder has refused components because of how they are sampled.
func oddSampling(h jpegHeader, refused error) bool {
	var kind jpeg.UnsupportedError
	return h.components >= 3 && h.components <= 4 && errors.As(refused, &kind)
}

// decodeJPEG decodes also a file that lacks nothing but its end.
func decodeJPEG(data []byte) (rows, error) {
	data, err := readable(data)
	if err != nil {
		return nil, err
	}
	src, err := decodeWhole(data)
	if err != nil && allScans(data) {
		if src, mended := decodeWhole(ended(data)); mended == nil {
			return src, nil
		}
	}
	return src, err
}

func decodeWhole(data []byte) (rows, error) {
	m, err := jpeg.Decode(bytes.NewReader(data))
	if err == nil {
		return rowsOf(m)
	}
	h := headerOf(data)
	if !oddSampling(h, err) {
		return nil, err
	}
	p, err := anyjpeg.Decode(data)
	if err != nil {
		return nil, err
	}
	return newJPEGRows(p, h.isPlain()), nil
}

// ended is a JPEG with an end put in place of zeros. One zero stays: it may be the last of the coded data, and does no
// harm if it is not. If more than zeros is missing, the picture cannot be decoded still.
func ended(data []byte) []byte {
	trimmed := bytes.TrimRight(data, "\x00")
	if len(trimmed) < len(data) {
		trimmed = data[:len(trimmed)+1]
	}
	return slices.Concat(trimmed, []byte{0xff, markerEOI})
}

// allScans tells whether a JPEG has all scans that its picture needs: of a progressive one, later scans refine what
// earlier ones have brought, and without the last it would look whole.
func allScans(data []byte) bool {
	const progressive, coefficients = 0xc2, 64
	h := headerOf(data)
	frame := h.frame
	missing := map[byte]*[coefficients]bool{} // by component
	for i := range h.components {
		m := &[coefficients]bool{}
		for k := range m {
			m[k] = true
		}
		missing[frame.body[6+3*i]] = m
	}
	for s := range segments(data) {
		if s.marker != markerSOS || len(s.body) < 1 || len(s.body) < 4+2*int(s.body[0]) {
			continue
		}
		n := int(s.body[0])
		from, to, low := int(s.body[1+2*n]), int(s.body[2+2*n]), s.body[3+2*n]&15
		if frame.marker != progressive {
			from, to, low = 0, coefficients-1, 0
		}
		if low != 0 {
			continue
		}
		for i := range n {
			if m := missing[s.body[1+2*i]]; m != nil {
				for k := from; k <= min(to, coefficients-1); k++ {
					m[k] = false
				}
			}
		}
	}
	for _, m := range missing {
		if slices.Contains(m[:], true) {
			return false
		}
	}
	return h.components > 0
}
