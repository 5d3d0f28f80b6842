package graph

import "fmt"

// BlurPool halves, thirds ... an image: reflect padding by r = ceil(3 sigma), a Gaussian of sigma = s/2 cut at r and
// normalized to sum 1, along y and x; then every s-th pixel from the first, s = Stride[0] = Stride[1] at least 2.
// Output size ceil(H/s). Each side must be longer than r.
type BlurPool struct {
	Stride Pair `json:"stride,omitzero" needs:"[2, 2] halves an image"` // [y, x], the same for both
}

var _ = define(BlurPool{})

func (BlurPool) Name() string { return "blurpool" }

func (o BlurPool) check() error {
	if o.Stride[0] != o.Stride[1] {
		return fmt.Errorf("stride %v must be the same along both axes", o.Stride)
	}
	return o.Stride.within("stride", 2, maxWindow)
}

// Radius returns how far the Gaussian reaches to each side, in pixels: ceil(3 sigma), sigma = stride/2.
func (o BlurPool) Radius() int { return (3*o.Stride[0] + 1) / 2 }

func (o BlurPool) infer(ins []Value) (Value, error) {
	_, h, w, err := maps3(ins[0])
	if err != nil {
		return nil, err
	}
	s := o.Stride[0]
	if r := o.Radius(); h <= r || w <= r {
		return nil, fmt.Errorf("its blur reaches %d pixels, as far as the image; use a larger image or fewer scales", r)
	}
	return Value{ins[0][0], ins[0][1].resized((h + s - 1) / s), ins[0][2].resized((w + s - 1) / s)}, nil
}

func (o BlurPool) field(f field, ins []Value, _ Value) field {
	for a := 1; a < 3; a++ {
		f = f.windowOf(ins[0], a, float64(-o.Radius()), float64(o.Radius()), float64(o.Stride[0]))
	}
	return f
}

// Along y on every column, then along x.
func (o BlurPool) macs(ins []Value, out Value) float64 {
	taps := float64(2*o.Radius() + 1)
	return taps * (elements(out) + float64(ins[0][0].Size)*float64(out[1].Size)*float64(ins[0][2].Size))
}
