package dataset

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
)

// MaxPixels is the size of the largest photo that is decoded. It is checked in the file's header, so that a small
// file that claims to be huge costs nothing.
const MaxPixels = 100_000_000

// codec is one file format.
type codec struct {
	name   string
	magic  string // the file's first bytes; a '?' stands for any byte
	config func([]byte) (image.Config, error)
	decode func([]byte) (image.Image, error)
}

// codecs are the formats that are known, those without decode only by name.
func codecs() []codec {
	return []codec{
		{"JPEG", "\xff\xd8\xff",
			func(b []byte) (image.Config, error) { return jpeg.DecodeConfig(bytes.NewReader(b)) },
			func(b []byte) (image.Image, error) { return jpeg.Decode(bytes.NewReader(b)) }},
		{"PNG", "\x89PNG\r\n\x1a\n",
			func(b []byte) (image.Config, error) { return png.DecodeConfig(bytes.NewReader(b)) },
			func(b []byte) (image.Image, error) { return png.Decode(bytes.NewReader(b)) }},
		{"GIF", "GIF8", nil, nil},
		{"WebP", "RIFF????WEBP", nil, nil},
		{"BMP", "BM", nil, nil},
		{"TIFF", "II*\x00", nil, nil},
		{"TIFF", "MM\x00*", nil, nil},
		{"HEIC or AVIF", "????ftyp", nil, nil},
	}
}

// sniff finds the format of a file by its first bytes, whatever the file is called.
func sniff(data []byte) (codec, error) {
	for _, c := range codecs() {
		if !matches(data, c.magic) {
			continue
		}
		if c.decode == nil {
			return c, fmt.Errorf("%s is not supported; convert it to JPEG or PNG", c.name)
		}
		return c, nil
	}
	if len(data) == 0 {
		return codec{}, fmt.Errorf("the file is empty")
	}
	return codec{}, fmt.Errorf("not a JPEG or PNG picture")
}

func matches(data []byte, magic string) bool {
	if len(data) < len(magic) {
		return false
	}
	for i := range len(magic) {
		if magic[i] != '?' && data[i] != magic[i] {
			return false
		}
	}
	return true
}

// photo is an undecoded picture whose header has been read.
type photo struct {
	codec
	data          []byte
	height, width int
	depth         int // bytes per pixel of the decoded picture, roughly: what decoding will hold in memory
}

// open reads a picture's header and refuses what must not or cannot be decoded.
func open(data []byte) (*photo, error) {
	c, err := sniff(data)
	if err != nil {
		return nil, err
	}
	cfg, err := c.config(data)
	if err != nil {
		return nil, fmt.Errorf("broken %s header: %w", c.name, err)
	}
	if cfg.Width <= 0 || cfg.Height <= 0 {
		return nil, fmt.Errorf("%s of %dx%d has no pixels", c.name, cfg.Width, cfg.Height)
	}
	if int64(cfg.Width)*int64(cfg.Height) > MaxPixels {
		return nil, fmt.Errorf("%dx%d is more than %d megapixels; scale it down first", cfg.Width, cfg.Height, MaxPixels/1_000_000)
	}
	p := &photo{codec: c, data: data, height: cfg.Height, width: cfg.Width, depth: 4}
	switch cfg.ColorModel {
	case color.CMYKModel:
		return nil, fmt.Errorf("CMYK %s is not supported; convert it to RGB", c.name)
	case color.GrayModel:
		p.depth = 1
	case color.YCbCrModel:
		p.depth = 3
	case color.RGBA64Model, color.NRGBA64Model:
		p.depth = 8
	}
	return p, nil
}

// pixels decodes the picture.
func (p *photo) pixels() (rows, error) {
	m, err := p.decode(p.data)
	if err != nil {
		return nil, fmt.Errorf("broken %s: %w", p.name, err)
	}
	return rowsOf(m)
}
