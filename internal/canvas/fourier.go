package canvas

import (
	"math"

	"herbarium/internal/random"
	"herbarium/internal/torch"
)

// Fourier stores an image as its spectrum in uncorrelated colors (Olah et al. 2017): low
// frequencies, which carry most of a photo, are as easy to change as high ones. For variables z
// [N,C,h,w/2+1,2] the image is
//
//	sigmoid(color irfft2(z sqrt(w h) / max(f, 1/max(w,h))) / 4)
//
// with f the frequency in cycles per pixel and the inverse transform divided by w h.
type Fourier struct {
	frequencies
	Height, Width int
	Color         Color
	scale         torch.Tensor // [h, w/2+1, 1]
}

// NewFourier keeps its constants in keep.
func NewFourier(keep *torch.Scope, height, width int, color Color, device torch.Device) *Fourier {
	half := width/2 + 1
	scale := make([]float32, 0, height*half)
	slowest := 1 / float64(max(width, height))
	for y := range height {
		fy := signed(y, height) / float64(height)
		for x := range half {
			f := math.Hypot(fy, float64(x)/float64(width))
			scale = append(scale, float32(math.Sqrt(float64(width*height))/math.Max(f, slowest)/4))
		}
	}
	t := keep.To(torch.From(keep, []int{height, half, 1}, scale), device)
	return &Fourier{frequencies: frequencies{height, width}, Height: height, Width: width, Color: color, scale: t}
}

// startDeviation is that of the first variables: a nearly gray image (Lucid's fft_image).
const startDeviation = 0.01

// Start draws the variables of one image from its own random numbers: [C,h,w/2+1,2].
func (f *Fourier) Start(seed uint64, keys ...uint64) []float32 {
	r := random.New(seed, append(keys[:len(keys):len(keys)], random.Key("fourier"))...)
	z := make([]float32, len(f.Color)*f.Height*(f.Width/2+1)*2)
	for i := range z {
		z[i] = float32(startDeviation * r.NormFloat64())
	}
	return z
}

// Size is that of the images.
func (f *Fourier) Size() (height, width int) { return f.Height, f.Width }

// Shape is that of the variables of n images.
func (f *Fourier) Shape(n int) []int { return []int{n, len(f.Color), f.Height, f.Width/2 + 1, 2} }

// Image shows variables [N,C,h,w/2+1,2] as images [N,C,h,w] in (0,1).
func (f *Fourier) Image(s *torch.Scope, z torch.Tensor) torch.Tensor {
	x := s.Irfft2(s.Mul(z, f.scale), f.Height, f.Width)
	return s.Sigmoid(recolor(s, x, f.Color))
}

// From is the spectrum that shows the images, up to the 8-bit values that a sigmoid cannot reach.
func (f *Fourier) From(s *torch.Scope, images torch.Tensor) (torch.Tensor, error) {
	x, err := Decorrelate(s, images, f.Color)
	if err != nil {
		return torch.None, err
	}
	return s.Div(s.Rfft2(x), f.scale), nil
}

// Confine leaves a spectrum alone: the sigmoid bounds it.
func (f *Fourier) Confine(*torch.Scope, torch.Tensor) {}
