package dataset

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// asPNG encodes a picture of one row.
func asPNG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := png.Encode(&buf, m); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// paint sets the pixels of the first row.
func paint[M interface {
	image.Image
	Set(x, y int, c color.Color)
}](m M, colors ...color.Color) M {
	for x, c := range colors {
		m.Set(x, 0, c)
	}
	return m
}

func TestDecodeToRGB(t *testing.T) {
	row := image.Rect(0, 0, 3, 1)
	transparentGray := image.NewNRGBA(row)
	palette := color.Palette{color.NRGBA{10, 20, 30, 255}, color.NRGBA{0, 0, 0, 0}, color.NRGBA{0, 100, 200, 128}}
	for name, test := range map[string]struct {
		picture image.Image
		want    []byte // three pixels of RGB
	}{
		"gray":           {paint(image.NewGray(row), color.Gray{0}, color.Gray{77}, color.Gray{255}), []byte{0, 0, 0, 77, 77, 77, 255, 255, 255}},
		"gray of 16 bit": {paint(image.NewGray16(row), color.Gray16{0x0080}, color.Gray16{0x80ff}, color.Gray16{0xffff}), []byte{0, 0, 0, 128, 128, 128, 255, 255, 255}},
		"rgb":            {paint(image.NewNRGBA(row), color.NRGBA{1, 2, 3, 255}, color.NRGBA{4, 5, 6, 255}, color.NRGBA{7, 8, 9, 255}), []byte{1, 2, 3, 4, 5, 6, 7, 8, 9}},
		"alpha":          {paint(image.NewNRGBA(row), color.NRGBA{9, 9, 9, 0}, color.NRGBA{0, 100, 200, 128}, color.NRGBA{1, 2, 3, 255}), []byte{255, 255, 255, 127, 177, 227, 1, 2, 3}},
		"rgb of 16 bit": {paint(image.NewNRGBA64(row), color.NRGBA64{0, 0x7fff, 0xffff, 0xffff}, color.NRGBA64{0x0101, 0x0202, 0x0303, 0xffff}, color.NRGBA64{0x0080, 0, 0x0081, 0xffff}),
			[]byte{0, 127, 255, 1, 2, 3, 0, 0, 1}},
		"alpha of 16 bit":       {paint(image.NewNRGBA64(row), color.NRGBA64{5, 5, 5, 0}, color.NRGBA64{0, 0, 0xffff, 0x8000}, color.NRGBA64{0, 0, 0, 0xffff}), []byte{255, 255, 255, 127, 127, 255, 0, 0, 0}},
		"palette with alpha":    {&image.Paletted{Pix: []byte{0, 1, 2}, Stride: 3, Rect: row, Palette: palette}, []byte{10, 20, 30, 255, 255, 255, 127, 177, 227}},
		"nothing but invisible": {transparentGray, []byte{255, 255, 255, 255, 255, 255, 255, 255, 255}},
	} {
		p, err := open(asPNG(t, test.picture), DefaultPixels)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		src, err := p.pixels()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := make([]byte, 9)
		src.stored.row(0, got)
		if !bytes.Equal(got, test.want) {
			t.Errorf("%s: pixels %v, want %v", name, got, test.want)
		}
	}
}

// claimPNG is the header of a PNG that says it is large, with nothing behind.
func claimPNG(width, height uint32) []byte {
	b := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR")
	b = binary.BigEndian.AppendUint32(b, width)
	b = binary.BigEndian.AppendUint32(b, height)
	b = append(b, 8, 2, 0, 0, 0)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[12:]))
}

func TestWhatCannotBeDecoded(t *testing.T) {
	whole := asPNG(t, image.NewGray(image.Rect(0, 0, 30, 30)))
	var photo, animation bytes.Buffer
	if err := jpeg.Encode(&photo, image.NewRGBA(image.Rect(0, 0, 40, 40)), nil); err != nil {
		t.Fatal(err)
	}
	if err := gif.Encode(&animation, image.NewPaletted(image.Rect(0, 0, 2, 2), color.Palette{color.Black}), nil); err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(whole)
	flipped[len(flipped)-20] ^= 1
	for name, test := range map[string]struct {
		data []byte
		want string
	}{
		"empty":          {nil, "the file is empty"},
		"text":           {[]byte("not a picture at all"), "not a picture in a format that can be read (JPEG, PNG"},
		"HEIC":           {[]byte("\x00\x00\x00\x18ftypheic"), "HEIC is not supported; convert it"},
		"GIF cut":        {animation.Bytes()[:animation.Len()-8], "broken GIF"},
		"WebP cut":       {[]byte("RIFF\x00\x00\x00\x00WEBPVP8 "), "broken WebP header"},
		"TIFF cut":       {[]byte("II*\x00\x08\x00\x00\x00"), "broken TIFF header"},
		"BMP cut":        {[]byte("BM123"), "broken BMP header"},
		"PNG header cut": {whole[:20], "broken PNG header"},
		"PNG cut":        {whole[:len(whole)-25], "broken PNG"},
		"PNG damaged":    {flipped, "broken PNG"},
		"JPEG cut":       {photo.Bytes()[:photo.Len()-40], "broken JPEG"},
		"JPEG start":     {photo.Bytes()[:3], "broken JPEG header"},
		"bomb":           {claimPNG(50000, 50000), "50000x50000 is more than 200 megapixels; --max-megapixels 2500 allows it"},
		"larger bomb":    {claimPNG(100000, 100000), "100000x100000 is more than 200 megapixels"},
		"ribbon":         {claimPNG(1, 99999999), "longer than 65535 pixels"},
		"just too large": {claimPNG(20001, 10000), "more than 200 megapixels; --max-megapixels 201 allows"},
	} {
		p, err := open(test.data, DefaultPixels)
		if err == nil {
			_, err = p.pixels()
		}
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, test.want)
		}
	}
}

// Every truncation of a picture is an error or a picture of the size that its header says, never a panic.
func FuzzOpen(f *testing.F) {
	f.Add(asPNG(f, image.NewNRGBA(image.Rect(0, 0, 5, 4))))
	f.Add(claimPNG(3, 3))
	var files []string
	for _, pattern := range []string{"jpeg-*.jpg", "turned-*", "formats/*"} {
		names, err := filepath.Glob("testdata/" + pattern)
		if err != nil {
			f.Fatal(err)
		}
		files = append(files, names...)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
		f.Add(data[:len(data)/2])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := open(data, DefaultPixels)
		if err != nil || p.height*p.width > 1<<20 {
			return
		}
		src, err := p.pixels()
		if err != nil {
			return
		}
		if h, w := src.stored.size(); h != p.height || w != p.width {
			t.Fatalf("%dx%d, but the header says %dx%d", h, w, p.height, p.width)
		}
		pix, h, w := Frame{Height: 7, Width: 5}.apply(src)
		if len(pix) != 3*h*w || h != 7 || w != 5 {
			t.Fatalf("%d values of %dx%d", len(pix), h, w)
		}
	})
}
