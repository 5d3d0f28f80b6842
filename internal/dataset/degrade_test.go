package dataset

import (
	"bytes"
	"math"
	"testing"

	"herbarium/internal/dataset/synthetic"
	"herbarium/internal/images"
)

// A Gaussian of deviation s spreads a point so that the squared distances from it average s^2 along each axis (a little
// less, for the kernel is cut off), and keeps the sum.
func TestBlurSpreadsAPoint(t *testing.T) {
	const side, sigma = 41, 2.0
	chw := make([]byte, 3*side*side)
	const center = side/2*side + side/2
	for c := range 3 {
		for dy := -1; dy <= 1; dy++ {
			for dx := -1; dx <= 1; dx++ {
				chw[c*side*side+center+dy*side+dx] = 255 // large enough that rounding to bytes counts little
			}
		}
	}
	out := blur(chw, side, side, sigma)
	for c := range 3 {
		var sum, spread float64
		for i, v := range out[c*side*side : (c+1)*side*side] {
			d := float64(i%side - side/2)
			sum += float64(v)
			spread += d * d * float64(v)
		}
		if want := sigma*sigma + 2.0/3; math.Abs(sum/(9*255)-1) > 0.02 || math.Abs(spread/sum-want) > 0.25 {
			t.Errorf("channel %d: sum %g, want %d; variance %g, want %g", c, sum, 9*255, spread/sum, want)
		}
	}
	flat := bytes.Repeat([]byte{77}, 3*5*4)
	if !bytes.Equal(blur(flat, 5, 4, 3), flat) {
		t.Error("a flat picture, smaller than the kernel, changes")
	}
}

func TestDegraded(t *testing.T) {
	src := synthetic.Flowers{Count: 3, Height: 48, Width: 32}
	plain, err := src.Load(1)
	if err != nil {
		t.Fatal(err)
	}
	distance := func(d Degradation) float64 {
		t.Helper()
		p, err := Degraded(src, d).Load(1)
		if err != nil || p.Height != 48 || p.Width != 32 || len(p.U8) != len(plain.U8) || p.Label != plain.Label {
			t.Fatalf("%+v: %v", d, err)
		}
		return rms(p, plain)
	}
	if distance(Degradation{}) != 0 {
		t.Error("nothing is not nothing")
	}
	if fine, coarse := distance(Degradation{JPEG: 95}), distance(Degradation{JPEG: 10}); !(fine > 0 && fine < 8 && coarse > 1.5*fine) {
		t.Errorf("quality 95 changes a value by %g, 10 by %g", fine, coarse)
	}
	if weak, strong := distance(Degradation{Blur: 0.5}), distance(Degradation{Blur: 2}); !(weak > 0 && strong > 1.5*weak) {
		t.Errorf("blur 0.5 changes a value by %g, 2 by %g", weak, strong)
	}
}

func rms(a, b images.Picture) float64 {
	sum := 0.0
	for i := range a.U8 {
		d := float64(a.U8[i]) - float64(b.U8[i])
		sum += d * d
	}
	return math.Sqrt(sum / float64(len(a.U8)))
}
