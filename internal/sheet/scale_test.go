package sheet

import (
	"image"
	"image/color"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestWholeFactorRepeatsPixels is the definition of nearest neighbor.
func TestWholeFactorRepeatsPixels(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(1, 9).Draw(t, "w"), rapid.IntRange(1, 9).Draw(t, "h")
		factor := rapid.IntRange(1, 5).Draw(t, "factor")
		src := image.NewNRGBA(image.Rect(0, 0, w, h))
		for i := range w * h {
			src.SetNRGBA(i%w, i/w, color.NRGBA{uint8(37 * i), uint8(91 * i), uint8(i), 255})
		}
		dst, err := Resize(src, float64(factor))
		if err != nil {
			t.Fatal(err)
		}
		if dst.Rect.Size() != (image.Point{w * factor, h * factor}) {
			t.Fatalf("size %v", dst.Rect)
		}
		for y := range h * factor {
			for x := range w * factor {
				want := src.NRGBAAt(x/factor, y/factor)
				if got := dst.RGBAAt(x, y); got != color.RGBA(want) {
					t.Fatalf("pixel %d,%d is %v, want %v", x, y, got, want)
				}
			}
		}
	})
}

// TestReducingAverages: stripes of one pixel become gray, not one of the two.
func TestReducingAverages(t *testing.T) {
	src := image.NewRGBA(image.Rect(0, 0, 64, 64))
	for i := range 64 * 64 {
		v := uint8(255 * (i % 2))
		src.SetRGBA(i%64, i/64, color.RGBA{v, v, v, 255})
	}
	dst, err := Resize(src, 0.25)
	if err != nil {
		t.Fatal(err)
	}
	for x := 2; x < 14; x++ {
		if got := dst.RGBAAt(x, 8).R; got < 115 || got > 140 {
			t.Errorf("column %d is %d", x, got)
		}
	}
}

func TestReduce(t *testing.T) {
	for _, test := range []struct{ in, want image.Point }{
		{image.Pt(32, 32), image.Pt(32, 32)},
		{image.Pt(512, 100), image.Pt(512, 100)},
		{image.Pt(1024, 512), image.Pt(512, 256)},
		{image.Pt(10, 5120), image.Pt(1, 512)},
	} {
		got, err := Reduce(image.NewRGBA(image.Rectangle{Max: test.in}))
		if err != nil || got.Rect.Size() != test.want {
			t.Errorf("%v: got %v, %v", test.in, got.Rect.Size(), err)
		}
	}
}

func TestEven(t *testing.T) {
	tests := []struct{ in, want []image.Point }{
		{[]image.Point{{32, 32}, {32, 32}}, []image.Point{{128, 128}, {128, 128}}},
		{[]image.Point{{48, 48}}, []image.Point{{144, 144}}},
		{[]image.Point{{224, 224}}, []image.Point{{224, 224}}},
		{[]image.Point{{64, 64}, {512, 512}}, []image.Point{{512, 512}, {512, 512}}},
		{[]image.Point{{100, 100}, {224, 224}}, []image.Point{{200, 200}, {224, 224}}},
		{[]image.Point{{8, 256}}, []image.Point{{16, 512}}},
		{[]image.Point{{1, 1}}, []image.Point{{128, 128}}},
	}
	for _, test := range tests {
		var in []*image.RGBA
		for _, size := range test.in {
			in = append(in, image.NewRGBA(image.Rectangle{Max: size}))
		}
		out, err := Even(in)
		if err != nil {
			t.Fatal(err)
		}
		var got []image.Point
		for _, p := range out {
			got = append(got, p.Rect.Size())
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%v: %s", test.in, diff)
		}
	}
}

// TestEvenGivesWay: many pictures are enlarged less, so that a sheet holds them.
func TestEvenGivesWay(t *testing.T) {
	in := make([]*image.RGBA, 4000)
	for i := range in {
		in[i] = image.NewRGBA(image.Rect(0, 0, 32, 32))
	}
	out, err := Even(in)
	if err != nil {
		t.Fatal(err)
	}
	if got := out[0].Rect.Dx(); got != 64 {
		t.Errorf("%d pixels wide, want 64", got)
	}
}

func TestResizeRefuses(t *testing.T) {
	p := image.NewRGBA(image.Rect(0, 0, 10, 10))
	for _, factor := range []float64{0, 0.01, -1, 1e9} {
		if _, err := Resize(p, factor); err == nil {
			t.Errorf("factor %g is accepted", factor)
		}
	}
	if _, err := Reduce(image.NewRGBA(image.Rectangle{})); err == nil {
		t.Error("an empty picture is accepted")
	}
}
