package dataset

import (
	"bytes"
	"fmt"
	"image"
	"image/gif"
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

// codecs are the formats that are decoded.
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
		{"JPEG", "\xff\xd8\xff", configJPEG, decodeJPEG, exifOfJPEG},
		{"PNG", "\x89PNG\r\n\x1a\n", configPNG, decodePNG, exifOfPNG},
		{"GIF", "GIF8", config(gif.DecodeConfig), decodeGIF, none},
		{"WebP", "RIFF????WEBP", config(webp.DecodeConfig), decodeWebP, exifOfWebP},
		{"BMP", "BM", config(bmp.DecodeConfig), decode(bmp.Decode), none},
		{"TIFF", "II*\x00", config(tiff.DecodeConfig), decodeTIFF, whole},
		{"TIFF", "MM\x00*", config(tiff.DecodeConfig), decodeTIFF, whole},
	}
}

// strangers are formats that are known, but not decoded, and what to do about them.
func strangers() []struct{ magic, name, advice string } {
	const (
		convert = "convert it to JPEG or PNG"
		frames  = "take pictures out of it, as with ffmpeg -i FILE -r 1 %04d.png"
		unpack  = "unpack it first"
	)
	return []struct{ magic, name, advice string }{
		{"????ftyphe", "HEIC", convert},
		{"????ftypmif1", "HEIC or AVIF", convert},
		{"????ftypmsf1", "HEIC or AVIF", convert},
		{"????ftypavi", "AVIF", convert},
		{"????ftypcrx", "raw data of a camera (CR3)", convert},
		{"????ftyp", "a video (MP4, MOV or their like)", frames},
		{"RIFF????AVI ", "a video (AVI)", frames},
		{"\x1aE\xdf\xa3", "a video (WebM or Matroska)", frames},
		{"\xff\x0a", "JPEG XL", convert},
		{"\x00\x00\x00\x0cJXL ", "JPEG XL", convert},
		{"\x00\x00\x00\x0cjP  ", "JPEG 2000", convert},
		{"\xffO\xffQ", "JPEG 2000", convert},
		{"8BPS", "Photoshop", convert},
		{"II+\x00", "BigTIFF", convert},
		{"MM\x00+", "BigTIFF", convert},
		{"P?\n", "PNM", convert},
		{"P? ", "PNM", convert},
		{"<svg", "SVG", convert},
		{"<?xml", "XML, as of SVG,", convert},
		{"%PDF", "PDF", convert},
		{"PK\x03\x04", "a ZIP archive", unpack},
		{"\x1f\x8b", "a file compressed by gzip", unpack},
		{"\x28\xb5\x2f\xfd", "a file compressed by zstd", unpack},
		{"\x93NUMPY", "an array of NumPy", convert},
	}
}

// sniff finds the format of a file by its first bytes, whatever the file is called.
func sniff(data []byte) (codec, error) {
	for _, c := range codecs() {
		if matches(data, c.magic) {
			return c, nil
		}
	}
	for _, s := range strangers() {
		if matches(data, s.magic) {
			return codec{}, fmt.Errorf("%s is not supported; %s", s.name, s.advice)
		}
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

// decodeTIFF decodes the first page. Of pictures in black and white with a fax's compression (CCITT, T.4 and T.6) x/image takes
// the code's white runs for white; they are zeros, which are black where the file says that black is zero.
func decodeTIFF(data []byte) (rows, error) {
	const compression, photometric = 259, 262
	m, err := tiff.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	gray, ok := m.(*image.Gray)
	if fax := tiffTag(data, compression); ok && (fax == 3 || fax == 4) && tiffTag(data, photometric) == 1 {
		for i := range gray.Pix {
			gray.Pix[i] = ^gray.Pix[i]
		}
	}
	return rowsOf(m)
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
