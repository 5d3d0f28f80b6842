package dataset

import (
	"fmt"
	"image"
)

// rows is a decoded picture that is read row by row as 8-bit RGB, so that a large photo never needs a second buffer
// of its size. Transparency is composited on white; 16-bit values are rounded to 8 bits.
type rows interface {
	// size is in pixels.
	size() (height, width int)
	// row fills dst [W,3] with row y.
	row(y int, dst []byte)
}

// rowsOf wraps what Go's decoders return.
func rowsOf(m image.Image) (rows, error) {
	switch m := m.(type) {
	case *image.YCbCr:
		return newYCbCrRows(m), nil
	case *image.Gray:
		return grayRows{m}, nil
	case *image.Gray16:
		return gray16Rows{m}, nil
	case *image.RGBA:
		return rgbaRows{m}, nil
	case *image.NRGBA:
		return nrgbaRows{m}, nil
	case *image.RGBA64:
		return deepRows{m.Pix, m.Stride, m.Rect, true}, nil
	case *image.NRGBA64:
		return deepRows{m.Pix, m.Stride, m.Rect, false}, nil
	case *image.Paletted:
		return palettedRows{m, paletteOnWhite(m)}, nil
	case *image.CMYK:
		return cmykRows{m}, nil
	}
	return nil, unsupported(fmt.Sprintf("colors as %T", m))
}

func sizeOf(r image.Rectangle) (int, int) { return r.Dy(), r.Dx() }

type grayRows struct{ m *image.Gray }

func (g grayRows) size() (int, int) { return sizeOf(g.m.Rect) }
func (g grayRows) row(y int, dst []byte) {
	src := g.m.Pix[y*g.m.Stride:]
	for x := range len(dst) / 3 {
		v := src[x]
		dst[3*x], dst[3*x+1], dst[3*x+2] = v, v, v
	}
}

type gray16Rows struct{ m *image.Gray16 }

func (g gray16Rows) size() (int, int) { return sizeOf(g.m.Rect) }
func (g gray16Rows) row(y int, dst []byte) {
	src := g.m.Pix[y*g.m.Stride:]
	for x := range len(dst) / 3 {
		v := to8(src[2*x:])
		dst[3*x], dst[3*x+1], dst[3*x+2] = v, v, v
	}
}

// rgbaRows have alpha multiplied in. Most are opaque: decoders use them for RGB without alpha, too.
type rgbaRows struct{ m *image.RGBA }

func (r rgbaRows) size() (int, int) { return sizeOf(r.m.Rect) }
func (r rgbaRows) row(y int, dst []byte) {
	src := r.m.Pix[y*r.m.Stride:]
	for x := range len(dst) / 3 {
		white := 255 - int32(src[4*x+3])
		for c := range 3 {
			dst[3*x+c] = clip8(int32(src[4*x+c]) + white)
		}
	}
}

type nrgbaRows struct{ m *image.NRGBA }

func (r nrgbaRows) size() (int, int) { return sizeOf(r.m.Rect) }
func (r nrgbaRows) row(y int, dst []byte) {
	src := r.m.Pix[y*r.m.Stride:]
	for x := range len(dst) / 3 {
		a := uint32(src[4*x+3])
		for c := range 3 {
			dst[3*x+c] = onWhite(uint32(src[4*x+c]), a)
		}
	}
}

// deepRows are 16 bits per channel, big-endian, with alpha multiplied in or not.
type deepRows struct {
	pix        []byte
	stride     int
	rect       image.Rectangle
	multiplied bool
}

func (r deepRows) size() (int, int) { return sizeOf(r.rect) }
func (r deepRows) row(y int, dst []byte) {
	src := r.pix[y*r.stride:]
	for x := range len(dst) / 3 {
		a := be16(src[8*x+6:])
		for c := range 3 {
			v := uint64(be16(src[8*x+2*c:]))
			if !r.multiplied {
				v = (v*uint64(a) + 32767) / 65535
			}
			v = min(v+uint64(65535-a), 65535)
			dst[3*x+c] = byte((v*255 + 32767) / 65535)
		}
	}
}

type palettedRows struct {
	m       *image.Paletted
	palette [256][3]byte
}

func (p palettedRows) size() (int, int) { return sizeOf(p.m.Rect) }
func (p palettedRows) row(y int, dst []byte) {
	src := p.m.Pix[y*p.m.Stride:]
	for x := range len(dst) / 3 {
		copy(dst[3*x:3*x+3], p.palette[src[x]][:])
	}
}

// cmykRows are inks: how much of white each of the first three, and then black, takes away.
type cmykRows struct{ m *image.CMYK }

func (r cmykRows) size() (int, int) { return sizeOf(r.m.Rect) }
func (r cmykRows) row(y int, dst []byte) {
	src := r.m.Pix[y*r.m.Stride:]
	for x := range len(dst) / 3 {
		white := 255 - uint32(src[4*x+3])
		for c := range 3 {
			dst[3*x+c] = byte(((255-uint32(src[4*x+c]))*white + 127) / 255)
		}
	}
}

// translucentRows composite a picture without transparency on white, by an alpha channel of its own.
type translucentRows struct {
	rows
	alpha  []byte
	stride int
}

func (r translucentRows) row(y int, dst []byte) {
	r.rows.row(y, dst)
	for x, a := range r.alpha[y*r.stride:][:len(dst)/3] {
		for c := range 3 {
			dst[3*x+c] = onWhite(uint32(dst[3*x+c]), uint32(a))
		}
	}
}

// placedRows are a picture that covers a part of a white screen.
type placedRows struct {
	rows
	top, left     int
	height, width int // of the screen
}

func (r placedRows) size() (int, int) { return r.height, r.width }
func (r placedRows) row(y int, dst []byte) {
	for i := range dst {
		dst[i] = 255
	}
	if h, w := r.rows.size(); y >= r.top && y < r.top+h {
		r.rows.row(y-r.top, dst[3*r.left:3*(r.left+w)])
	}
}

// paletteOnWhite is the palette composited on white. Indices beyond it are black.
func paletteOnWhite(m *image.Paletted) (out [256][3]byte) {
	for i, c := range m.Palette {
		r, g, b, a := c.RGBA() // alpha is multiplied in
		for ch, v := range [3]uint32{r, g, b} {
			out[i][ch] = byte((uint64(v+65535-a)*255 + 32767) / 65535)
		}
	}
	return out
}

func be16(b []byte) uint32 { return uint32(b[0])<<8 | uint32(b[1]) }

func to8(b []byte) byte { return byte((be16(b)*255 + 32767) / 65535) }

func onWhite(v, a uint32) byte { return byte((v*a + 255*(255-a) + 127) / 255) }
