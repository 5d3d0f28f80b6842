package sheet

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"
)

func gradient() *image.RGBA {
	p := image.NewRGBA(image.Rect(0, 0, 33, 17))
	for i := range 33 * 17 {
		p.SetRGBA(i%33, i/33, color.RGBA{uint8(7 * i), uint8(i / 3), 90, 255})
	}
	return p
}

func TestPNG(t *testing.T) {
	want := gradient()
	for _, provenance := range []string{"", `[{"tool":"ingest","argv":["größe"]}]`} {
		var b bytes.Buffer
		if err := WritePNG(&b, want, provenance); err != nil {
			t.Fatal(err)
		}
		// Go's decoder checks the sum of every chunk, also of those it skips.
		got, err := png.Decode(bytes.NewReader(b.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		for y := range 17 {
			for x := range 33 {
				if r, g, bl, _ := got.At(x, y).RGBA(); (color.RGBA{uint8(r >> 8), uint8(g >> 8), uint8(bl >> 8), 255}) != want.RGBAAt(x, y) {
					t.Fatalf("pixel %d,%d differs", x, y)
				}
			}
		}
		if has := strings.Contains(b.String(), "iTXtHerbarium provenance\x00\x00\x00\x00\x00["); has != (provenance != "") {
			t.Errorf("provenance %q: chunk %v", provenance, has)
		}
		if provenance != "" && !strings.Contains(b.String(), provenance) {
			t.Error("the provenance is not in the file")
		}
	}
}

func TestJPEG(t *testing.T) {
	for _, test := range []struct {
		provenance string
		kept       bool
	}{{"", false}, {"[chain]", true}, {strings.Repeat("x", 70000), false}} {
		var b bytes.Buffer
		if err := WriteJPEG(&b, gradient(), test.provenance); err != nil {
			t.Fatal(err)
		}
		if _, err := jpeg.Decode(bytes.NewReader(b.Bytes())); err != nil {
			t.Error(err)
		}
		if got := strings.Contains(b.String(), "Herbarium provenance: "); got != test.kept {
			t.Errorf("%d bytes of provenance: comment %v", len(test.provenance), got)
		}
	}
}

// full is a device without room.
type full struct{ room int }

func (f *full) Write(p []byte) (int, error) {
	if f.room -= len(p); f.room < 0 {
		return 0, bytes.ErrTooLarge
	}
	return len(p), nil
}

// TestEveryWriteIsChecked: wherever the room ends, it is an error.
func TestEveryWriteIsChecked(t *testing.T) {
	for _, write := range map[string]func(room int) error{
		"png":  func(room int) error { return WritePNG(&full{room}, gradient(), "[chain]") },
		"jpeg": func(room int) error { return WriteJPEG(&full{room}, gradient(), "[chain]") },
	} {
		for _, room := range []int{0, 1, 10, 40, 60, 100} {
			if write(room) == nil {
				t.Errorf("no error with room for %d bytes", room)
			}
		}
		if err := write(1 << 20); err != nil {
			t.Error(err)
		}
	}
}

func TestIsJPEG(t *testing.T) {
	for name, want := range map[string]bool{"a.jpg": true, "a.JPEG": true, "a.png": false, "jpg": false, "a.jpg.png": false} {
		if IsJPEG(name) != want {
			t.Errorf("%s: %v", name, !want)
		}
	}
}
