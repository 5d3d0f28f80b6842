package dataset

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"herbarium/internal/dataset/anyjpeg"
)

// fromBytes decodes a file's content to [3,H,W].
func fromBytes(data []byte) (chw []byte, height, width int, err error) {
	p, err := open(data, DefaultPixels)
	if err != nil {
		return nil, 0, 0, err
	}
	src, err := p.pixels()
	if err != nil {
		return nil, 0, 0, err
	}
	chw, height, width = Frame{}.apply(src)
	return chw, height, width, nil
}

// file is the content of a file of testdata.
func file(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// without is a JPEG without its segments of a marker.
func without(t *testing.T, data []byte, marker byte) []byte {
	t.Helper()
	for s := range segments(data) {
		if s.marker == marker {
			return slices.Concat(data[:s.at], data[s.at+4+len(s.body):])
		}
	}
	t.Fatalf("no segment %#x", marker)
	return nil
}

// patched is data with one byte changed, at a place in the first segment of a marker.
func patched(t *testing.T, data []byte, marker byte, at int, value byte) []byte {
	t.Helper()
	data = slices.Clone(data)
	for s := range segments(data) {
		if s.marker == marker {
			s.body[at] = value
			return data
		}
	}
	t.Fatalf("no segment %#x", marker)
	return nil
}

// Where nothing of the picture is missing, it is decoded as if the file were whole.
func TestHarmlessDamage(t *testing.T) {
	zeros, noise := make([]byte, 1000), bytes.Repeat([]byte("garbage"), 9)
	type damaged struct {
		name string
		data []byte
	}
	damages := map[string][]damaged{}
	for _, name := range []string{"jpeg-444.jpg", "jpeg-422.jpg", "jpeg-420.jpg", "jpeg-420-progressive.jpg", "jpeg-gray.jpg",
		"formats/cmyk.jpg", "jpeg-uneven-chroma.jpg", "jpeg-third-progressive.jpg"} {
		whole := file(t, name)
		cut := whole[:len(whole)-2]
		damages[name] = []damaged{
			{"no end", cut}, {"half an end", whole[:len(whole)-1]}, {"zeros for an end", slices.Concat(cut, zeros)},
			{"one zero for an end", slices.Concat(cut, zeros[:1])}, {"zeros after the end", slices.Concat(whole, zeros)},
			{"more after the end", slices.Concat(whole, noise)},
		}
	}
	for _, name := range []string{"source.png", "formats/palette.png", "formats/gray-alpha.png"} {
		whole := file(t, name)
		cut := whole[:len(whole)-12]
		text := []byte("\x00\x00\x00\x02tEXthi\x00\x00\x00\x00") // with a wrong checksum
		damages[name] = []damaged{
			{"no end", cut}, {"half an end", whole[:len(whole)-5]}, {"zeros for an end", slices.Concat(cut, zeros)},
			{"a damaged comment", slices.Concat(whole[:33], text, whole[33:])}, {"more after the end", slices.Concat(whole, noise)},
		}
	}
	cmyk, gray := file(t, "formats/cmyk.jpg"), file(t, "jpeg-gray.jpg")
	damages["formats/cmyk.jpg"] = append(damages["formats/cmyk.jpg"], damaged{"without Adobe's mark", without(t, cmyk, markerAPP14)})
	for _, sampling := range []byte{0x22, 0x31, 0x14, 0x33} {
		damages["jpeg-gray.jpg"] = append(damages["jpeg-gray.jpg"], damaged{fmt.Sprintf("sampling %#x", sampling), patched(t, gray, 0xc0, 7, sampling)})
	}
	for name, all := range damages {
		want, _, _, err := fromBytes(file(t, name))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, d := range all {
			if got, _, _, err := fromBytes(d.data); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s with %s: error %v, or other pixels", name, d.name, err)
			}
		}
	}
}

// A file that lacks a part of its picture is broken, also where zeros take the part's place.
func TestMissingPixels(t *testing.T) {
	for _, name := range []string{"jpeg-444.jpg", "jpeg-420.jpg", "jpeg-420-progressive.jpg", "jpeg-gray.jpg", "formats/cmyk.jpg",
		"jpeg-wide-chroma.jpg", "jpeg-uneven-chroma.jpg", "jpeg-tall-luma-progressive.jpg", "source.png"} {
		whole := file(t, name)
		for _, share := range []int{50, 80, 95} {
			cut := whole[:len(whole)*share/100]
			for what, data := range map[string][]byte{"cut": cut, "filled with zeros": slices.Concat(cut, make([]byte, len(whole)-len(cut)))} {
				if _, _, _, err := fromBytes(data); err == nil || !strings.HasPrefix(err.Error(), "broken ") {
					t.Errorf("%s %s at %d%%: error %v, want that it is broken", name, what, share, err)
				}
			}
		}
	}
	// The last scan of a progressive picture begins at a marker. Without it the rest would look whole.
	for _, name := range []string{"jpeg-420-progressive.jpg", "jpeg-tall-luma-progressive.jpg"} {
		whole := file(t, name)
		last := 0
		for s := range segments(whole) {
			if s.marker == markerSOS {
				last = s.at
			}
		}
		if _, _, _, err := fromBytes(whole[:last]); err == nil || !strings.HasPrefix(err.Error(), "broken JPEG") {
			t.Errorf("%s without its last scan: error %v", name, err)
		}
	}
}

// What is whole, but of a kind that is not decoded, is not called broken.
func TestUnsupportedIsNotBroken(t *testing.T) {
	photo := file(t, "jpeg-420.jpg")
	for name, test := range map[string]struct {
		data []byte
		want string
	}{
		"arithmetic coding":    {file(t, "jpeg-arithmetic.jpg"), "this kind of JPEG is not supported (arithmetic coding)"},
		"12 bits":              {patched(t, photo, 0xc0, 0, 12), "this kind of JPEG is not supported (12 bits)"},
		"lossless":             {bytes.Replace(photo, []byte{0xff, 0xc0}, []byte{0xff, 0xc3}, 1), "this kind of JPEG is not supported (lossless"},
		"hierarchical":         {bytes.Replace(photo, []byte{0xff, 0xc0}, []byte{0xff, 0xc5}, 1), "this kind of JPEG is not supported (hierarchical"},
		"MP4":                  {[]byte("\x00\x00\x00\x20ftypisom"), "a video (MP4, MOV or their like) is not supported; take pictures out"},
		"MOV":                  {[]byte("\x00\x00\x00\x14ftypqt  "), "a video (MP4, MOV or their like) is not supported"},
		"WebM":                 {[]byte("\x1aE\xdf\xa3\x01"), "a video (WebM"},
		"AVI":                  {[]byte("RIFF\x00\x00\x00\x00AVI LIST"), "a video (AVI)"},
		"AVIF":                 {[]byte("\x00\x00\x00\x20ftypavif"), "AVIF is not supported; convert"},
		"HEIC":                 {[]byte("\x00\x00\x00\x18ftypheic"), "HEIC is not supported; convert"},
		"PDF":                  {[]byte("%PDF-1.7"), "PDF is not supported"},
		"ZIP":                  {[]byte("PK\x03\x04"), "a ZIP archive is not supported; unpack"},
		"TIFF of strange type": {strangeTIFF(), "this kind of TIFF is not supported"},
	} {
		if _, _, _, err := fromBytes(test.data); err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%s: error %v, want one that begins %q", name, err, test.want)
		}
	}
}

// strangeTIFF is of 1x1 pixels in 9 bits.
func strangeTIFF() []byte {
	b := []byte("II*\x00\x08\x00\x00\x00")
	tags := [][2]uint32{{256, 1}, {257, 1}, {258, 9}, {259, 1}, {262, 1}, {273, 8}, {278, 1}, {279, 2}}
	b = binary.LittleEndian.AppendUint16(b, uint16(len(tags)))
	for _, tag := range tags {
		b = binary.LittleEndian.AppendUint16(b, uint16(tag[0]))
		b = append(b, 3, 0, 1, 0, 0, 0)
		b = binary.LittleEndian.AppendUint32(b, tag[1])
	}
	return append(b, 0, 0, 0, 0)
}

// The first frame of an animation may cover a part of the screen; the rest is white.
func TestFirstFrameOfAnimatedWebP(t *testing.T) {
	small, h, w := mustOpen(t, "formats/webp-lossless.webp")
	still := file(t, "formats/webp-lossless.webp")
	at := bytes.Index(still, []byte("VP8L"))
	chunk := func(name string, body ...[]byte) []byte {
		all := slices.Concat(body...)
		out := binary.LittleEndian.AppendUint32([]byte(name), uint32(len(all)))
		return append(append(out, all...), make([]byte, len(all)%2)...)
	}
	u24 := func(n int) []byte { return []byte{byte(n), byte(n >> 8), byte(n >> 16)} }
	animation := func(left, top, width, height int) []byte {
		frame := chunk("ANMF", u24(left/2), u24(top/2), u24(w-1), u24(h-1), u24(100), []byte{0}, still[at:])
		return chunk("RIFF", []byte("WEBP"), chunk("VP8X", []byte{2, 0, 0, 0}, u24(width-1), u24(height-1)),
			chunk("ANIM", make([]byte, 6)), frame, chunk("ANMF", []byte("another")))
	}
	got, gh, gw, err := fromBytes(animation(4, 2, w+10, h+7))
	if err != nil || gh != h+7 || gw != w+10 {
		t.Fatalf("%dx%d, %v", gh, gw, err)
	}
	for c := range 3 {
		for y := range gh {
			for x := range gw {
				want := byte(255)
				if y >= 2 && y < 2+h && x >= 4 && x < 4+w {
					want = small[(c*h+y-2)*w+x-4]
				}
				if v := got[(c*gh+y)*gw+x]; v != want {
					t.Fatalf("channel %d at %d,%d: %d, want %d", c, y, x, v, want)
				}
			}
		}
	}
	if _, _, _, err := fromBytes(animation(4, 2, w+3, h+7)); err == nil || !strings.HasPrefix(err.Error(), "broken WebP: its first frame reaches beyond") {
		t.Errorf("a frame beyond the screen: %v", err)
	}
	if _, _, _, err := fromBytes(animation(0, 0, w, h)[:90]); err == nil || !strings.HasPrefix(err.Error(), "broken WebP") {
		t.Errorf("cut: %v", err)
	}
}

// Orientation is understood in every type of whole numbers, in both orders of bytes.
func TestOrientationOfAnyType(t *testing.T) {
	for order, head := range map[binary.AppendByteOrder]string{binary.LittleEndian: "II*\x00", binary.BigEndian: "MM\x00*"} {
		for kind, value := range map[uint16][]byte{
			1: {6, 0, 0, 0}, 6: {6, 0, 0, 0}, // BYTE, SBYTE
			3: append(order.AppendUint16(nil, 6), 0, 0), 8: append(order.AppendUint16(nil, 6), 0, 0), // SHORT, SSHORT
			4: order.AppendUint32(nil, 6), 9: order.AppendUint32(nil, 6), // LONG, SLONG
		} {
			b := order.AppendUint32([]byte(head), 8)
			b = order.AppendUint16(b, 1)
			b = order.AppendUint16(order.AppendUint16(b, 0x0112), kind)
			b = append(order.AppendUint32(b, 1), value...)
			if got := orientationOf(b); got != 6 {
				t.Errorf("%v, type %d: %d, want 6", order, kind, got)
			}
			b[len(b)-4], b[len(b)-3], b[len(b)-2], b[len(b)-1] = 9, 9, 9, 9
			if got := orientationOf(b); got != asStored {
				t.Errorf("%v, type %d: 9 is taken as %d", order, kind, got)
			}
		}
	}
}

// Pictures in black and white with a fax's compression, T.4 and T.6, in both senses of their bits. PIL has made the files: white are
// the first three pixels of the first row and the last one of the second.
func TestFaxedTIFF(t *testing.T) {
	for name, file := range map[string]string{
		"T.6, white is zero": "49492a000e00000030409400400409000001030001000000090000000101030001000000020000000201030001000000010000000301030001000000040000000601030001000000000000001101040001000000080000001601030001000000020000001701040001000000060000001c010300010000000100000000000000",
		"T.6, black is zero": "49492a000e00000026b45400400409000001030001000000090000000101030001000000020000000201030001000000010000000301030001000000040000000601030001000000010000001101040001000000080000001601030001000000020000001701040001000000060000001c010300010000000100000000000000",
		"T.4, white is zero": "49492a0010000000001820013514700009000001030001000000090000000101030001000000020000000201030001000000010000000301030001000000030000000601030001000000000000001101040001000000080000001601030001000000020000001701040001000000070000001c010300010000000100000000000000",
		"T.4, black is zero": "49492a000e00000000135b80066809000001030001000000090000000101030001000000020000000201030001000000010000000301030001000000030000000601030001000000010000001101040001000000080000001601030001000000020000001701040001000000060000001c010300010000000100000000000000",
	} {
		data, err := hex.DecodeString(file)
		if err != nil {
			t.Fatal(err)
		}
		got, h, w, err := fromBytes(data)
		if err != nil || h != 2 || w != 9 {
			t.Errorf("%s: %dx%d, %v", name, h, w, err)
			continue
		}
		for i, v := range got {
			want := byte(0)
			if at := i % 18; at < 3 || at == 17 {
				want = 255
			}
			if v != want {
				t.Errorf("%s: value %d is %d, want %d", name, i, v, want)
			}
		}
	}
}

// Photos beyond the limit are refused with what allows them.
func TestPixelLimit(t *testing.T) {
	photo := asPNG(t, image.NewPaletted(image.Rect(0, 0, 1500, 1000), color.Palette{color.Black}))
	if _, err := open(photo, 1_000_000); err == nil || !strings.Contains(err.Error(), "1500x1000 is more than 1 megapixels; --max-megapixels 2 allows it") {
		t.Errorf("beyond the limit: %v", err)
	}
	if _, err := open(photo, 2_000_000); err != nil {
		t.Error(err)
	}
	if _, err := open(claimPNG(12000, 9000), DefaultPixels); err != nil {
		t.Errorf("108 megapixels: %v", err)
	}
}

// Planes that are marked as red, green and blue are not converted.
func TestRGBOfAnySampling(t *testing.T) {
	coded := file(t, "jpeg-uneven-chroma.jpg")
	want, h, w, err := fromBytes(coded)
	if err != nil {
		t.Fatal(err)
	}
	adobe := []byte("\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00")
	bare := without(t, coded, markerAPP0)
	named := slices.Clone(bare)
	for s := range segments(named) {
		for i, id := range []byte("RGB") {
			switch s.marker {
			case 0xc0:
				s.body[6+3*i] = id
			case markerSOS:
				s.body[1+2*i] = id
			}
		}
	}
	for name, data := range map[string][]byte{"by Adobe": slices.Concat(bare[:2], adobe, bare[2:]), "by their names": named} {
		planes, _, _, err := fromBytes(data)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		n, rgb := h*w, make([]byte, 3*h*w)
		fullToRGB(rgb, planes[:n], planes[n:2*n], planes[2*n:])
		for i := range 3 * n {
			if got := rgb[i%n*3+i/n]; got != want[i] {
				t.Fatalf("%s: value %d is %d, want %d", name, i, got, want[i])
			}
		}
	}
	if bare, _, _, err := fromBytes(bare); err != nil || !bytes.Equal(bare, want) {
		t.Errorf("without any mark: %v, or not luma and chroma", err)
	}
}

// What Go's decoder reads, the decoder of any sampling reads alike: up to how the inverse cosine transforms round, and
// but for the chroma of YCCK, which Go does not interpolate.
func TestBothDecodersAgree(t *testing.T) {
	for name, tolerance := range map[string]int{"jpeg-444.jpg": 3, "jpeg-422.jpg": 3, "jpeg-420.jpg": 3, "jpeg-420-progressive.jpg": 3,
		"formats/cmyk.jpg": 3, "formats/ycck.jpg": 4} {
		data := file(t, name)
		want, _, _, err := fromBytes(data)
		if err != nil {
			t.Fatal(err)
		}
		if p, err := os.ReadFile(filepath.Join("testdata", strings.TrimSuffix(name, ".jpg")+".ref.png")); err == nil {
			if want, _, _, err = fromBytes(p); err != nil {
				t.Fatal(err)
			}
		}
		p, err := anyjpeg.Decode(data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := planarRows(newJPEGRows(p, headerOf(data).isPlain()))
		if largest, share := worst(t, got, want); largest > tolerance {
			t.Errorf("%s: largest difference %d, %.2f%% of values differ", name, largest, 100*share)
		}
	}
}
