package canvas

import (
	"fmt"
	"math"
	"testing"

	"herbarium/internal/random"
	"herbarium/internal/torch"
	"herbarium/internal/torchtest"
)

// What a smaller canvas shows is the coarse part of what a larger one does: it comes back from there, and a picture whose own
// coarse part is put into it stays as it is.
func TestCoarsePartsComeBack(t *testing.T) {
	s := torchtest.Pin(t)
	for _, name := range names {
		for _, size := range [][4]int{{8, 12, 4, 6}, {10, 8, 5, 4}, {9, 7, 4, 3}, {4, 4, 2, 2}} {
			photos := Statistics{Color: DefaultColor(3)}
			full, err := New(name, s, size[0], size[1], photos, torch.CPU)
			if err != nil {
				t.Fatal(err)
			}
			h, w := size[2], size[3]
			small, err := New(name, s, h, w, photos, torch.CPU)
			if err != nil {
				t.Fatal(err)
			}
			z := torch.From(s, full.Shape(1), full.Start(1))
			far := func(x, y torch.Tensor) float64 { return s.Number(s.Max(s.Abs(s.Sub(x, y)))) }
			if d := far(z, full.Grow(s, z, full.Shrink(s, z, h, w), h, w)); d > 1e-6 {
				t.Errorf("%s %v: a picture with its own coarse part is off by %g", name, size, d)
			}
			y := torch.From(s, small.Shape(1), small.Start(2))
			back := full.Shrink(s, full.Grow(s, z, y, h, w), h, w)
			if fmt.Sprint(back.Shape()) != fmt.Sprint(y.Shape()) {
				t.Fatalf("%s %v: %v", name, size, back.Shape())
			}
			if name == "pixel" { // whose enlarged pixels are smooth, and their means others
				continue
			}
			rows, columns := (h-1)/2, (w-1)/2 // below the highest frequency of an even size
			if d := far(s.Narrow(s.Narrow(back, 3, 0, columns+1), 2, 0, rows+1), s.Narrow(s.Narrow(y, 3, 0, columns+1), 2, 0, rows+1)); d > 1e-6 {
				t.Errorf("%s %v: positive frequencies are off by %g", name, size, d)
			}
			if rows == 0 {
				continue
			}
			if d := far(s.Narrow(s.Narrow(back, 3, 0, columns+1), 2, h-rows, rows), s.Narrow(s.Narrow(y, 3, 0, columns+1), 2, h-rows, rows)); d > 1e-6 {
				t.Errorf("%s %v: negative frequencies are off by %g", name, size, d)
			}
		}
	}
}

// The waves of a small picture are those of the large one that it becomes: every second pixel is the same.
func TestFourierGrowsTheSamePicture(t *testing.T) {
	s := torchtest.Pin(t)
	const h, w = 6, 10
	small, full := NewFourier(s, h, w, DefaultColor(3), torch.CPU), NewFourier(s, 2*h, 2*w, DefaultColor(3), torch.CPU)
	r := random.New(3)
	values := make([]float32, 3*h*(w/2+1)*2)
	for i := range values {
		if y, x := i/2/(w/2+1)%h, i/2%(w/2+1); y != h/2 && x != w/2 {
			values[i] = float32(r.NormFloat64())
		}
	}
	z := torch.From(s, small.Shape(1), values)
	grown := full.Image(s, full.Grow(s, s.Zeros(full.Shape(1), torch.F32, torch.CPU), z, h, w))
	picture := s.Slice(s.Slice(grown, 2, 0, 2*h, 2), 3, 0, 2*w, 2)
	if d := s.Number(s.Max(s.Abs(s.Sub(picture, small.Image(s, z))))); d > 1e-5 {
		t.Errorf("off by %g", d)
	}
}

// A pixel of half the size is the mean of four, and becomes a smooth change of them.
func TestPixelsShrinkToMeans(t *testing.T) {
	s := torchtest.Pin(t)
	p := &Pixel{Channels: 1, Height: 2, Width: 4}
	z := torch.From(s, p.Shape(1), []float32{0, 0.2, 0.5, 0.7, 0.4, 0.6, 0.9, 0.7})
	got := torch.Read[float32](s, p.Shrink(s, z, 1, 2))
	if math.Abs(float64(got[0])-0.3) > 1e-6 || math.Abs(float64(got[1])-0.7) > 1e-6 {
		t.Errorf("%v, want 0.3 and 0.7", got)
	}
	lighter := torch.Read[float32](s, p.Grow(s, z, torch.From(s, []int{1, 1, 1, 2}, []float32{0.4, 0.8}), 1, 2))
	for i, v := range []float32{0.1, 0.3, 0.6, 0.8, 0.5, 0.7, 1, 0.8} {
		if math.Abs(float64(lighter[i]-v)) > 1e-6 {
			t.Errorf("pixel %d is %g, want %g", i, lighter[i], v)
		}
	}
}
