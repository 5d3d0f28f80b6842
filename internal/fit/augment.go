package fit

import (
	"math"

	"herbarium/internal/random"
	"herbarium/internal/torch"
)

// Augment says how training photos vary. The zero value leaves them as they are.
type Augment struct {
	CropArea   float64 // smallest share of the area that a random crop keeps, in (0,1]; 0 is 1
	Flip       bool    // mirror half of the photos
	Brightness float64 // factors from 1-b to 1+b
	Contrast   float64 // factors from 1-c to 1+c around the photo's own mean
	CutMix     float64 // share of photos that a rectangle of another is cut into; see mix
}

// draw is how one photo varies in one epoch.
type draw struct {
	theta       [6]float32 // output to input coordinates, rows of [2,3], both from -1 to 1
	gain, shift float32    // x becomes gain x + shift mean
}

// at is a function of seed, photo and epoch only.
func (a Augment) at(seed uint64, photo, epoch int) draw {
	r := random.New(seed, random.Key("augment"), uint64(photo), uint64(epoch))
	between := func(lo, hi float64) float64 { return lo + (hi-lo)*r.Float64() }
	// Inception's crop: an area, then an aspect ratio log-uniform in [3/4, 4/3] (Szegedy et al. 2015).
	sx, sy := 1.0, 1.0
	if a.CropArea > 0 && a.CropArea < 1 {
		area, aspect := between(a.CropArea, 1), math.Exp(between(math.Log(3.0/4), math.Log(4.0/3)))
		sx, sy = min(1, math.Sqrt(area*aspect)), min(1, math.Sqrt(area/aspect))
	}
	cx, cy := between(-1, 1)*(1-sx), between(-1, 1)*(1-sy)
	if a.Flip && r.IntN(2) == 1 {
		sx = -sx
	}
	bright, contrast := between(1-a.Brightness, 1+a.Brightness), between(1-a.Contrast, 1+a.Contrast)
	return draw{
		theta: [6]float32{float32(sx), 0, float32(cx), 0, float32(sy), float32(cy)},
		gain:  float32(bright * contrast), shift: float32(bright * (1 - contrast)),
	}
}

// apply varies photos x [N,C,H,W] in [0,1], all in one sampling and one affine map of the values.
func (a Augment) apply(s *torch.Scope, x torch.Tensor, seed uint64, photos []int, epoch int) torch.Tensor {
	if a == (Augment{}) {
		return x
	}
	shape, n := x.Shape(), len(photos)
	theta, gain, shift := make([]float32, 0, 6*n), make([]float32, n), make([]float32, n)
	for i, photo := range photos {
		d := a.at(seed, photo, epoch)
		theta = append(theta, d.theta[:]...)
		gain[i], shift[i] = d.gain, d.shift
	}
	put := func(shape []int, v []float32) torch.Tensor { return s.To(torch.From(s, shape, v), x.Device()) }
	if a.CropArea > 0 && a.CropArea < 1 || a.Flip {
		grid := s.AffineGrid(put([]int{n, 2, 3}, theta), n, shape[2], shape[3])
		x = s.GridSample(x, grid, torch.BorderNearest)
	}
	if a.Brightness != 0 || a.Contrast != 0 {
		mean := s.MeanKeep(x, 1, 2, 3)
		x = s.Add(s.Mul(x, put([]int{n, 1, 1, 1}, gain)), s.Mul(mean, put([]int{n, 1, 1, 1}, shift)))
	}
	return s.Clamp(x, 0, 1)
}
