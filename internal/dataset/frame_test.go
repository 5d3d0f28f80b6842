package dataset

import (
	"bytes"
	"image"
	"image/color"
	"testing"

	"pgregory.net/rapid"
)

// stripes is a picture whose columns (or rows) have the given gray values, each thickness pixels thick.
func stripes(across bool, length, thickness int, values ...byte) rows {
	w, h := len(values)*thickness, length
	if !across {
		w, h = h, w
	}
	m := image.NewGray(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			at := x
			if !across {
				at = y
			}
			m.SetGray(x, y, color.Gray{values[at/thickness]})
		}
	}
	return grayRows{m}
}

func TestParseSize(t *testing.T) {
	for text, want := range map[string]Frame{"": {}, "96": {Height: 96, Width: 96}, "64x48": {Height: 64, Width: 48}, "1x1": {Height: 1, Width: 1}} {
		if got, err := ParseSize(text); err != nil || got != want {
			t.Errorf("%q is %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"0", "-5", "a", "3x", "x3", "3x4x5", "1e3", "16385", "9999999999999999999"} {
		if _, err := ParseSize(text); err == nil {
			t.Errorf("%q was accepted", text)
		}
	}
}

func TestFrames(t *testing.T) {
	wide := stripes(true, 20, 10, 10, 20, 30, 40) // 40 wide, 20 high
	for name, test := range map[string]struct {
		frame         Frame
		src           rows
		height, width int
		column        map[int]byte // expected gray at half height
		row           map[int]byte // expected gray at half width
	}{
		"as it is":         {Frame{}, wide, 20, 40, map[int]byte{0: 10, 15: 20, 39: 40}, nil},
		"same size":        {Frame{Height: 20, Width: 40}, wide, 20, 40, map[int]byte{9: 10, 10: 20}, nil},
		"center crop":      {Frame{Height: 20, Width: 20}, wide, 20, 20, map[int]byte{0: 20, 9: 20, 10: 30, 19: 30}, nil},
		"crop and halve":   {Frame{Height: 10, Width: 10}, wide, 10, 10, map[int]byte{1: 20, 8: 30}, nil},
		"crop to portrait": {Frame{Height: 20, Width: 10}, wide, 20, 10, map[int]byte{0: 20, 9: 30}, nil},
		"letterbox":        {Frame{Height: 40, Width: 40, Fit: true}, wide, 40, 40, map[int]byte{4: 10, 15: 20}, map[int]byte{0: 128, 9: 128, 30: 128, 39: 128}},
		"pillarbox":        {Frame{Height: 40, Width: 40, Fit: true}, stripes(false, 20, 10, 50, 60, 70, 80), 40, 40, map[int]byte{9: 128, 30: 128}, map[int]byte{4: 50, 35: 80}},
	} {
		pix, h, w := test.frame.apply(upright{test.src, asStored})
		if h != test.height || w != test.width || len(pix) != 3*h*w {
			t.Errorf("%s: %dx%d of %d values, want %dx%d", name, h, w, len(pix), test.height, test.width)
			continue
		}
		for x, want := range test.column {
			if got := pix[h/2*w+x]; got != want {
				t.Errorf("%s: column %d is %d, want %d", name, x, got, want)
			}
		}
		for y, want := range test.row {
			if got := pix[y*w+w/2]; got != want {
				t.Errorf("%s: row %d is %d, want %d", name, y, got, want)
			}
		}
		if plane := h * w; !bytes.Equal(pix[:plane], pix[plane:2*plane]) || !bytes.Equal(pix[:plane], pix[2*plane:]) {
			t.Errorf("%s: a gray picture became colored", name)
		}
	}
}

// The finest checkerboard becomes even gray, not a moiré pattern.
func TestShrinkingDoesNotAlias(t *testing.T) {
	m := image.NewGray(image.Rect(0, 0, 256, 256))
	for i := range m.Pix {
		if (i%256+i/256)%2 == 0 {
			m.Pix[i] = 255
		}
	}
	pix, _, _ := Frame{Height: 60, Width: 60}.apply(upright{grayRows{m}, asStored})
	for i, v := range pix {
		if v < 120 || v > 135 {
			t.Fatalf("value %d is %d, want even gray", i, v)
		}
	}
}

// Any size of any picture: one color stays that color, to the last pixel.
func TestOneColorStays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h, w := rapid.IntRange(1, 40).Draw(t, "height"), rapid.IntRange(1, 40).Draw(t, "width")
		v := rapid.Byte().Draw(t, "value")
		m := image.NewGray(image.Rect(0, 0, w, h))
		for i := range m.Pix {
			m.Pix[i] = v
		}
		f := Frame{Height: rapid.IntRange(1, 50).Draw(t, "to height"), Width: rapid.IntRange(1, 50).Draw(t, "to width")}
		pix, gh, gw := f.apply(upright{grayRows{m}, asStored})
		if gh != f.Height || gw != f.Width {
			t.Fatalf("%dx%d, want %dx%d", gh, gw, f.Height, f.Width)
		}
		for i, got := range pix {
			if got != v {
				t.Fatalf("value %d is %d, want %d", i, got, v)
			}
		}
		f.Fit = true
		pix, _, _ = f.apply(upright{grayRows{m}, asStored})
		if !bytes.Contains(pix, []byte{v}) {
			t.Fatalf("no pixel of the picture is left in the box")
		}
	})
}
