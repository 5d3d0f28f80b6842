package ascend

import (
	"math"

	"herbarium/internal/random"
	"herbarium/internal/torch"
)

// Transform is how the net sees a picture at each step: moved, scaled and turned a little at random, so that the
// picture pleases the unit under any of these views and not by details that one view alone shows (Olah et al. 2017).
// All of it is one affine map per picture and step.
type Transform struct {
	Jitter float64 // pixels, uniform in both directions
	Scale  float64 // factors from 1-s to 1+s
	Rotate float64 // degrees, uniform in both directions
	Crop   float64 // smallest share of the area that a view shows, enlarged; 0 or 1 shows all
	Flip   bool    // mirrored left to right, every other time
	Pad    float64 // pixels of gray around the picture, which is made smaller to fit; without, edges are mirrored
}

// theta is the map [2,3] from output to input coordinates of one view of an image of that size.
func (t Transform) theta(seed uint64, keys []uint64, step, height, width int) [6]float32 {
	r := random.New(seed, append(keys[:len(keys):len(keys)], random.Key("view"), uint64(step))...)
	between := func(v float64) float64 { return v * (2*r.Float64() - 1) }
	dx, dy := 2*between(t.Jitter)/float64(width), 2*between(t.Jitter)/float64(height)
	zoom, angle := 1/(1+between(t.Scale)), between(t.Rotate)*math.Pi/180
	if t.Crop > 0 && t.Crop < 1 {
		side := math.Sqrt(t.Crop + (1-t.Crop)*r.Float64())
		dx, dy = dx+between(1-side), dy+between(1-side)
		zoom *= side
	}
	mirror := 1.0
	if t.Flip && r.IntN(2) == 1 {
		mirror = -1
	}
	sin, cos := math.Sincos(angle)
	// Coordinates run from -1 to 1 along both sides: a turn must not shear images that are not square.
	aspect := float64(height) / float64(width)
	wide, high := 1+2*t.Pad/float64(width), 1+2*t.Pad/float64(height)
	return [6]float32{
		float32(mirror * zoom * cos * wide), float32(-zoom * sin * aspect * high), float32(dx),
		float32(mirror * zoom * sin / aspect * wide), float32(zoom * cos * high), float32(dy),
	}
}

// apply views images [N,C,H,W], each by its own keys.
func (t Transform) apply(s *torch.Scope, x torch.Tensor, seed uint64, keys [][]uint64, step int) torch.Tensor {
	if t == (Transform{}) {
		return x
	}
	shape, n := x.Shape(), len(keys)
	theta := make([]float32, 0, 6*n)
	for _, k := range keys {
		m := t.theta(seed, k, step, shape[2], shape[3])
		theta = append(theta, m[:]...)
	}
	grid := s.AffineGrid(s.To(torch.From(s, []int{n, 2, 3}, theta), x.Device()), n, shape[2], shape[3])
	if t.Pad > 0 {
		return s.AddScalar(s.GridSample(s.AddScalar(x, -0.5), grid, torch.BorderZeros), 0.5)
	}
	return s.GridSample(x, grid, torch.BorderReflect)
}
