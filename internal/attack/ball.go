package attack

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"herbarium/internal/torch"
)

// Norm measures how far an image was changed.
type Norm int

const (
	Linf Norm = iota // the largest change of any value
	L2               // the root of the sum of squared changes
)

func (n Norm) String() string { return [...]string{"linf", "l2"}[n] }

// Ball is where an attack may search: images in [0,1] no farther than Eps from the item.
type Ball struct {
	Norm Norm
	Eps  float64
}

// tolerance is by how much rounding may take an image out of the ball or the box.
const tolerance = 1e-6

// project moves x to the nearest point of ball and box around x0; both [N,C,H,W].
func (b Ball) project(s *torch.Scope, x, x0 torch.Tensor) torch.Tensor {
	d := s.Sub(x, x0)
	if b.Norm == Linf {
		return s.Clamp(s.Add(x0, s.Clamp(d, -b.Eps, b.Eps)), 0, 1)
	}
	// The nearest point is x0 + clip(c d) with the largest c <= 1 of length eps. The length is concave in c: from
	// below, growing c by what is missing never goes too far.
	eps := s.Full([]int{1}, b.Eps*(1-tolerance), torch.F32, x.Device())
	c := s.Clamp(s.Div(eps, s.AddScalar(norms(s, d), 1e-12)), 0, 1)
	clipped := s.Sub(s.Clamp(s.Add(x0, s.Mul(d, c)), 0, 1), x0)
	for range 4 {
		c = s.Clamp(s.Div(s.Mul(c, eps), s.AddScalar(norms(s, clipped), 1e-12)), 0, 1)
		clipped = s.Sub(s.Clamp(s.Add(x0, s.Mul(d, c)), 0, 1), x0)
	}
	return s.Clamp(s.Add(x0, clipped), 0, 1)
}

// ascent is the direction of steepest ascent along g in the norm, of length one.
func (b Ball) ascent(s *torch.Scope, g torch.Tensor) torch.Tensor {
	if b.Norm == Linf {
		return s.Sign(g)
	}
	// Dividing by the largest value first keeps the squares of tiny gradients from vanishing.
	g = s.Div(g, s.AddScalar(peaks(s, g), 1e-30))
	return s.Div(g, s.AddScalar(norms(s, g), 1e-12))
}

// Step is one step of projected gradient ascent (Madry et al. 2018, eq. 1 of section 2.1): x [N,C,H,W] goes by length in the
// direction of steepest ascent along the gradient g, then to the nearest point of ball and box around x0.
func (b Ball) Step(s *torch.Scope, x, x0, g torch.Tensor, length float64) torch.Tensor {
	return b.project(s, b.step(s, x, g, length), x0)
}

// step is Step without the way back into ball and box.
func (b Ball) step(s *torch.Scope, x, g torch.Tensor, length float64) torch.Tensor {
	d := b.ascent(s, g)
	s.ScaleInPlace(d, length)
	s.AddScaled(d, x, 1)
	return d
}

// reach is Eps, or the size of the box where that is smaller: what step sizes are measured by.
func (b Ball) reach(size int) float64 {
	if b.Norm == Linf {
		return math.Min(b.Eps, 1)
	}
	return math.Min(b.Eps, math.Sqrt(float64(size)))
}

// Random fills to with a point of the ball around zero, uniform in its volume.
func (b Ball) Random(r *rand.Rand, to []float32) {
	if b.Norm == Linf {
		for i := range to {
			to[i] = float32(b.Eps * (2*r.Float64() - 1))
		}
		return
	}
	sum := 0.0
	for i := range to {
		v := r.NormFloat64()
		to[i] = float32(v)
		sum += v * v
	}
	scale := float32(b.reach(len(to)) * math.Pow(r.Float64(), 1/float64(len(to))) / math.Sqrt(sum))
	for i := range to {
		to[i] *= scale
	}
}

// distances are the largest change and the Euclidean distance of two images, in float64.
func distances(x, x0 []float32) (linf, l2 float64) {
	for i := range x {
		d := math.Abs(float64(x[i]) - float64(x0[i]))
		linf = max(linf, d)
		l2 += d * d
	}
	return linf, math.Sqrt(l2)
}

// of picks the distance of the norm.
func (n Norm) of(linf, l2 float64) float64 {
	if n == Linf {
		return linf
	}
	return l2
}

var errOutside = errors.New("internal error: an attack left the ball")

// check holds an adversarial image against ball and box.
func (b Ball) check(x, x0 []float32) (linf, l2 float64, err error) {
	for _, v := range x {
		if !(v >= -tolerance && v <= 1+tolerance) {
			return 0, 0, fmt.Errorf("internal error: an attack left the box: %v", v)
		}
	}
	linf, l2 = distances(x, x0)
	if d := b.Norm.of(linf, l2); !(d <= b.Eps+tolerance) {
		return 0, 0, fmt.Errorf("%w: distance %v, more than %v", errOutside, d, b.Eps)
	}
	return linf, l2, nil
}

// quantize rounds an image to 8 bits without leaving the ball around x0: to the nearest level that lies inside, in
// L2 toward x0 where the nearest do not.
func (b Ball) quantize(x, x0 []float32) {
	toward := func(i int) float32 {
		if x[i] > x0[i] {
			return float32(math.Floor(float64(x[i])*255+1e-4) / 255)
		}
		return float32(math.Ceil(float64(x[i])*255-1e-4) / 255)
	}
	rounded := make([]float32, len(x))
	for i, v := range x {
		rounded[i] = float32(math.RoundToEven(float64(v)*255) / 255)
		if b.Norm == Linf && math.Abs(float64(rounded[i])-float64(x0[i])) > b.Eps+tolerance {
			rounded[i] = toward(i)
		}
	}
	if _, l2 := distances(rounded, x0); b.Norm == L2 && l2 > b.Eps+tolerance {
		for i := range x {
			rounded[i] = toward(i)
		}
	}
	copy(x, rounded)
}

// norms are the Euclidean lengths [N,1,1,1] of images, peaks their largest absolute values.
func norms(s *torch.Scope, d torch.Tensor) torch.Tensor {
	return s.Sqrt(s.SumKeep(s.Mul(d, d), 1, 2, 3))
}

func peaks(s *torch.Scope, d torch.Tensor) torch.Tensor { return s.MaxKeep(s.Abs(d), 1, 2, 3) }

// column is one number for each item of a batch, [N] as [N,1,1,1].
func column(s *torch.Scope, values torch.Tensor) torch.Tensor { return s.Reshape(values, -1, 1, 1, 1) }
