// Package canvas holds parametrizations of images: as pixels, as a spectrum, or as the phases of a spectrum. An optimizer
// changes the variables, and which variables they are decides which pictures it reaches easily.
package canvas

import (
	"fmt"

	"herbarium/internal/torch"
)

// Canvas is a parametrization of images [N,C,h,w] of one size.
type Canvas interface {
	// Size is h and w.
	Size() (height, width int)
	// Shape is that of the variables of n images.
	Shape(n int) []int
	// Start draws the variables of one image from its own random numbers.
	Start(seed uint64, keys ...uint64) []float32
	// From is the inverse of Image, as nearly as there is one: variables of images [N,C,h,w] in [0,1].
	From(s *torch.Scope, images torch.Tensor) (torch.Tensor, error)
	// Image is the images [N,C,h,w] in [0,1] of variables.
	Image(s *torch.Scope, z torch.Tensor) torch.Tensor
	// Confine projects variables back into their domain after a step, in place.
	Confine(s *torch.Scope, z torch.Tensor)
	// Shrink is variables z as a canvas of the same kind and a smaller size has them: the coarse part of the pictures.
	Shrink(s *torch.Scope, z torch.Tensor, height, width int) torch.Tensor
	// Grow is variables z with the coarse part of another picture, small on a canvas of that size; what is too fine for that
	// canvas stays.
	Grow(s *torch.Scope, z, small torch.Tensor, height, width int) torch.Tensor
}

// names are the canvases that [New] makes.
var names = []string{"fourier", "phase", "pixel"}

// Statistics are those of photos, which canvases take their colors and magnitudes from.
type Statistics struct {
	Color    Color     // of as many channels as the images
	Spectrum []float32 // mean |FFT| [C,SpectrumHeight,SpectrumWidth/2+1] of photos, unnormalized; nil if not known
	// Size of the photos of the spectrum.
	SpectrumHeight, SpectrumWidth int
}

// New makes a canvas by name: pixel, fourier or phase. Its constants live in keep.
func New(name string, keep *torch.Scope, height, width int, photos Statistics, device torch.Device) (Canvas, error) {
	switch name {
	case "pixel":
		return &Pixel{Channels: len(photos.Color), Height: height, Width: width}, nil
	case "fourier":
		return NewFourier(keep, height, width, photos.Color, device), nil
	case "phase":
		return NewPhase(keep, height, width, photos, device), nil
	}
	return nil, fmt.Errorf("no canvas %q; there are %v", name, names)
}

// recolor multiplies the channels of [N,C,H,W] by a matrix.
func recolor(s *torch.Scope, x torch.Tensor, m Color) torch.Tensor {
	shape := x.Shape()
	matrix := s.To(torch.From(s, []int{len(m), len(m)}, m.Float32s()), x.Device())
	flat := s.Reshape(x, shape[0], len(m), -1)
	return s.Reshape(s.MatMul(matrix, flat), shape...)
}

// Decorrelate is the inverse of a canvas's last steps: images [N,C,H,W] in [0,1] in the uncorrelated
// channels before the sigmoid. Values are kept half an 8-bit step away from 0 and 1.
func Decorrelate(s *torch.Scope, x torch.Tensor, color Color) (torch.Tensor, error) {
	inverse, err := color.Inverse()
	if err != nil {
		return torch.None, err
	}
	x = s.Clamp(x, 0.5/255, 1-0.5/255)
	logit := s.Log(s.Div(x, s.AddScalar(s.Neg(x), 1)))
	return recolor(s, logit, inverse), nil
}
