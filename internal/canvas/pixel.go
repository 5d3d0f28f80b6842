package canvas

import (
	"herbarium/internal/random"
	"herbarium/internal/torch"
)

// Pixel stores an image as it is, [N,C,h,w], kept within [0,1] after each step: pure colors are as easy to reach as
// any other, and a step changes a pixel by the same amount everywhere.
type Pixel struct {
	Channels, Height, Width int
}

// pixelDeviation is that of the noise that a picture starts from, around gray.
const pixelDeviation = 0.02

// Size is that of the images.
func (p *Pixel) Size() (height, width int) { return p.Height, p.Width }

// Shape is that of the variables of n images.
func (p *Pixel) Shape(n int) []int { return []int{n, p.Channels, p.Height, p.Width} }

// Start is gray with a little noise: [C,h,w].
func (p *Pixel) Start(seed uint64, keys ...uint64) []float32 {
	r := random.New(seed, append(keys[:len(keys):len(keys)], random.Key("pixel"))...)
	z := make([]float32, p.Channels*p.Height*p.Width)
	for i := range z {
		z[i] = float32(0.5 + pixelDeviation*r.NormFloat64())
	}
	return z
}

// From is the images themselves.
func (p *Pixel) From(s *torch.Scope, images torch.Tensor) (torch.Tensor, error) {
	return s.Clamp(images, 0, 1), nil
}

// Image is the variables themselves.
func (p *Pixel) Image(s *torch.Scope, z torch.Tensor) torch.Tensor { return z }

// Confine clips to [0,1].
func (p *Pixel) Confine(s *torch.Scope, z torch.Tensor) { s.Copy(z, s.Clamp(z, 0, 1)) }

// Shrink is the pictures in that size.
func (p *Pixel) Shrink(s *torch.Scope, z torch.Tensor, height, width int) torch.Tensor {
	return s.UpsampleBilinear(z, height, width, false)
}

// Grow enlarges the difference between small and z's own coarse part.
func (p *Pixel) Grow(s *torch.Scope, z, small torch.Tensor, height, width int) torch.Tensor {
	change := s.Sub(small, p.Shrink(s, z, height, width))
	return s.Clamp(s.Add(z, s.UpsampleBilinear(change, p.Height, p.Width, false)), 0, 1)
}
