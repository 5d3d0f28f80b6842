package sheet

import (
	"image"
	"image/color"
	"math"
	"testing"

	"pgregory.net/rapid"
)

// TestLab: sRGB's primaries, white, black and gray have these coordinates in CIELAB under D65.
func TestLab(t *testing.T) {
	for _, test := range []struct {
		in   lab
		want color.RGBA
	}{
		{lab{53.2408, 80.0925, 67.2032}, color.RGBA{255, 0, 0, 255}},
		{lab{87.7347, -86.1827, 83.1793}, color.RGBA{0, 255, 0, 255}},
		{lab{32.2970, 79.1875, -107.8602}, color.RGBA{0, 0, 255, 255}},
		{lab{100, 0, 0}, color.RGBA{255, 255, 255, 255}},
		{lab{0, 0, 0}, color.RGBA{0, 0, 0, 255}},
		{lab{53.5850, 0, 0}, color.RGBA{128, 128, 128, 255}},
	} {
		got := test.in.rgb()
		for i, pair := range [][2]uint8{{got.R, test.want.R}, {got.G, test.want.G}, {got.B, test.want.B}} {
			if d := int(pair[0]) - int(pair[1]); d < -1 || d > 1 {
				t.Errorf("%v: component %d of %v, want %v", test.in, i, got, test.want)
			}
		}
	}
}

// TestScalesAreUniform: each step of a scale looks as large as the next, all colors can be shown, and lightness tells
// which value is larger.
func TestScalesAreUniform(t *testing.T) {
	for name, scale := range map[string][]lab{"sequential": sequential(), "diverging": diverging()} {
		if len(scale) != steps {
			t.Fatalf("%s: %d colors", name, len(scale))
		}
		least, most := math.Inf(1), 0.0
		for i, c := range scale {
			for _, v := range c.linear() {
				if v < -0.002 || v > 1.002 {
					t.Errorf("%s: color %d has %g in linear sRGB", name, i, v)
				}
			}
			if i > 0 {
				d := c.distance(scale[i-1])
				least, most = min(least, d), max(most, d)
			}
			if name == "sequential" && i > 0 && c[0] <= scale[i-1][0] {
				t.Errorf("color %d is no lighter than the one before", i)
			}
			if name == "diverging" && i > 0 && (c[0] > scale[i-1][0]) != (i <= steps/2) {
				t.Errorf("diverging: lightness turns at color %d, not in the middle", i)
			}
		}
		if name == "sequential" && most > 1.05*least || name == "diverging" && most > 1.6*least {
			t.Errorf("%s: steps of %g to %g", name, least, most)
		}
	}
}

func TestRange(t *testing.T) {
	for _, test := range []struct {
		values    []float32
		low, high float64
	}{
		{[]float32{0, 0}, 0, 0}, {[]float32{1, 3}, 0, 3}, {[]float32{-1, 3}, -3, 3}, {[]float32{-4, 3}, -4, 4},
	} {
		if low, high := (Heat{test.values, 1, len(test.values), false}).Range(); low != test.low || high != test.high {
			t.Errorf("%v: %g to %g", test.values, low, high)
		}
	}
	for _, v := range []float64{math.NaN(), math.Inf(1)} {
		if low, _ := (Heat{[]float32{0, float32(v)}, 1, 2, false}).Range(); !math.IsNaN(low) {
			t.Errorf("%v has a range", v)
		}
	}
}

// TestHeatIsBilinear: of a map of two cells over eight pixels, as PyTorch's interpolate(align_corners=False) has it.
func TestHeatIsBilinear(t *testing.T) {
	h := Heat{[]float32{0, 8}, 1, 2, false}
	for x, want := range []float64{0, 0, 1, 3, 5, 7, 8, 8} {
		if got := h.at(1, x, image.Pt(8, 3)); math.Abs(got-want) > 1e-12 {
			t.Errorf("pixel %d: %g, want %g", x, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) { // a map of the picture's size is not changed, and no map leaves its range
		height, width := rapid.IntRange(1, 6).Draw(t, "height"), rapid.IntRange(1, 6).Draw(t, "width")
		values := rapid.SliceOfN(rapid.Float32Range(-5, 5), height*width, height*width).Draw(t, "values")
		h := Heat{Values: values, Height: height, Width: width}
		for i, v := range values {
			if got := h.at(i/width, i%width, image.Pt(width, height)); got != float64(v) {
				t.Fatalf("%d: %g, want %g", i, got, v)
			}
		}
		low, high := h.Range()
		for y := range 9 {
			if v := h.at(y, 3, image.Pt(7, 9)); v < low-1e-9 || v > high+1e-9 {
				t.Fatalf("%g outside %g to %g", v, low, high)
			}
		}
	})
}

func TestOverlay(t *testing.T) {
	photo := image.NewRGBA(image.Rect(2, 3, 4, 4)) // bounds need not start at 0
	photo.SetRGBA(2, 3, color.RGBA{255, 0, 0, 255})
	photo.SetRGBA(3, 3, color.RGBA{255, 255, 255, 255})
	out := Overlay(photo, Heat{[]float32{0, 2}, 1, 2, false})
	scale := sequential()
	for x, test := range []struct {
		color color.RGBA
		gray  float64
	}{{scale[0].rgb(), 76}, {scale[steps-1].rgb(), 255}} {
		want := math.Round(share*float64(test.color.R) + (1-share)*test.gray)
		if got := out.RGBAAt(x, 0); float64(got.R) != want || got.A != 255 {
			t.Errorf("pixel %d: %v, want red %g", x, got, want)
		}
	}
	// Nothing found: one color; evidence against: another scale.
	zero, against := Overlay(photo, Heat{[]float32{0, 0}, 1, 2, false}), Overlay(photo, Heat{[]float32{0, -2}, 1, 2, false})
	if zero.RGBAAt(0, 0) != out.RGBAAt(0, 0) || against.RGBAAt(0, 0) == out.RGBAAt(0, 0) {
		t.Errorf("zero %v, against %v, for %v", zero.RGBAAt(0, 0), against.RGBAAt(0, 0), out.RGBAAt(0, 0))
	}
	// Beside maps with negative values the ends are 0 and more on that other scale, too.
	beside, nothing := Overlay(photo, Heat{[]float32{0, 2}, 1, 2, true}), Overlay(photo, Heat{[]float32{0, 0}, 1, 2, true})
	if beside.RGBAAt(0, 0) != against.RGBAAt(0, 0) || nothing.RGBAAt(0, 0) != against.RGBAAt(0, 0) {
		t.Errorf("0 of a signed map %v and %v, want %v", beside.RGBAAt(0, 0), nothing.RGBAAt(0, 0), against.RGBAAt(0, 0))
	}
}
