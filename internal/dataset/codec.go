package dataset

import (
	"bytes"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
	"golang.org/x/image/webp"
)

// codec is one file format.
type codec struct {
	name   string
	magic  string // the file's first bytes; a '?' stands for any byte
	config func([]byte) (image.Config, error)
	decode func([]byte) (rows, error)
	exif   func([]byte) []byte // the Exif block, or nil
}

// codecs are the formats that are known, those without decode only by name.
func codecs() []codec {
	config := func(read func(io.Reader) (image.Config, error)) func([]byte) (image.Config, error) {
		return func(b []byte) (image.Config, error) { return read(bytes.NewReader(b)) }
	}
	decode := func(read func(io.Reader) (image.Image, error)) func([]byte) (rows, error) {
		return func(b []byte) (rows, error) {
			m, err := read(bytes.NewReader(b))
			if err != nil {
				return nil, err
			}
			return rowsOf(m)
		}
	}
	none := func([]byte) []byte { return nil }
	whole := func(b []byte) []byte { return b } // an Exif block is a TIFF file
	return []codec{
		{"JPEG", "\xff\xd8\xff", config(jpeg.DecodeConfig), decode(jpeg.Decode), exifOfJPEG},
		{"PNG", "\x89PNG\r\n\x1a\n", config(png.DecodeConfig), decode(png.Decode), exifOfPNG},
		{"GIF", "GIF8", config(gif.DecodeConfig), decodeGIF, none},
		{"WebP", "RIFF????WEBP", config(webp.DecodeConfig), decodeWebP, exifOfWebP},
		{"BMP", "BM", config(bmp.DecodeConfig), decode(bmp.Decode), none},
		{"TIFF", "II*\x00", config(tiff.DecodeConfig), decode(tiff.Decode), whole},
		{"TIFF", "MM\x00*", config(tiff.DecodeConfig), decode(tiff.Decode), whole},
		{"HEIC or AVIF", "????ftyp", nil, nil, nil},
		{"JPEG XL", "\xff\x0a", nil, nil, nil},
		{"JPEG XL", "\x00\x00\x00\x0cJXL ", nil, nil, nil},
		{"Photoshop", "8BPS", nil, nil, nil},
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
	return codec{}, fmt.Errorf("not a picture in a format that can be read (JPEG, PNG, GIF, WebP, BMP, TIFF)")
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

// decodeGIF decodes the first frame of an animation. It may cover only a part of the screen.
func decodeGIF(data []byte) (rows, error) {
	screen, err := gif.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	m, err := gif.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	src, err := rowsOf(m)
	if err != nil {
		return nil, err
	}
	at := m.Bounds().Min
	return placedRows{src, at.Y, at.X, screen.Height, screen.Width}, nil
}

// decodeWebP decodes a still picture, lossy or not.
func decodeWebP(data []byte) (rows, error) {
	m, err := webp.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	switch m := m.(type) {
	case *image.YCbCr:
		return newStudioRows(m), nil
	case *image.NYCbCrA:
		return translucentRows{newStudioRows(&m.YCbCr), m.A, m.AStride}, nil
	}
	return rowsOf(m)
}
