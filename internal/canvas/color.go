package canvas

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"herbarium/internal/images"
)

// Color [C,C] maps uncorrelated channels to those of images, by rows: the principal axes of the colors of photos, so that a
// step along one of them is as likely in a photo as a step along another. It is divided by its largest column norm (Olah et
// al. 2017, Lucid's color_correlation_svd_sqrt). Gray has one axis, and its matrix is [[1]].
type Color [][]float64

// DefaultColor is the matrix of images of so many channels whose photos are not known: of RGB Lucid's for ImageNet, of others
// one that leaves the channels as they are.
func DefaultColor(channels int) Color {
	if channels == images.RGB {
		return Color{{0.26, 0.09, 0.02}, {0.27, 0.00, -0.05}, {0.27, -0.09, 0.03}}.normalized()
	}
	c := newColor(channels)
	for i := range c {
		c[i][i] = 1
	}
	return c
}

// newColor is a matrix of zeros.
func newColor(channels int) Color {
	c := make(Color, channels)
	for i := range c {
		c[i] = make([]float64, channels)
	}
	return c
}

// NewColor is the matrix of photos whose C channels, values in [0,1], have this covariance, row-major [C,C]:
// U sqrt(S) of its singular value decomposition U S U^T.
func NewColor(covariance []float64, channels int) (Color, error) {
	c := newColor(channels)
	if len(covariance) != channels*channels {
		return c, fmt.Errorf("a color covariance has %d values, not %d", channels*channels, len(covariance))
	}
	for _, v := range covariance {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return c, fmt.Errorf("the color covariance is not finite")
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(mat.NewSymDense(channels, covariance), true) {
		return c, fmt.Errorf("the color covariance has no eigenvalues")
	}
	values := eigen.Values(nil) // ascending
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	// Photos of one color only leave axes without variance: they keep a little, so that the map stays invertible.
	floor := math.Max(values[channels-1]*1e-4, 1e-8)
	for k := range channels {
		at := channels - 1 - k // largest first
		sum := 0.0
		for i := range channels {
			sum += vectors.At(i, at)
		}
		sign := 1.0 // an eigenvector's sign is arbitrary: the sum's is not
		if sum < 0 {
			sign = -1
		}
		for i := range channels {
			c[i][k] = sign * vectors.At(i, at) * math.Sqrt(math.Max(values[at], floor))
		}
	}
	return c.normalized(), nil
}

func (c Color) normalized() Color {
	largest := 0.0
	for k := range c {
		square := 0.0
		for i := range c {
			square += c[i][k] * c[i][k]
		}
		largest = math.Max(largest, math.Sqrt(square))
	}
	for i := range c {
		for k := range c[i] {
			c[i][k] /= largest
		}
	}
	return c
}

// Inverse maps the channels of images back to the uncorrelated ones.
func (c Color) Inverse() (Color, error) {
	out := newColor(len(c))
	var inverse mat.Dense
	if err := inverse.Inverse(mat.NewDense(len(c), len(c), c.flat())); err != nil {
		return out, fmt.Errorf("the color matrix has no inverse: %w", err)
	}
	for i := range out {
		for k := range out {
			out[i][k] = inverse.At(i, k)
		}
	}
	return out, nil
}

func (c Color) flat() []float64 {
	var out []float64
	for _, row := range c {
		out = append(out, row...)
	}
	return out
}

// Float32s are the rows one after the other.
func (c Color) Float32s() []float32 {
	var out []float32
	for _, v := range c.flat() {
		out = append(out, float32(v))
	}
	return out
}
