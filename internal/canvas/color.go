package canvas

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// Color maps three uncorrelated channels to red, green and blue, by rows: the principal axes of
// the colors of photos, so that a step along one of them is as likely in a photo as a step along
// another. It is divided by its largest column norm (Olah et al. 2017, Lucid's color_correlation_svd_sqrt).
type Color [3][3]float64

// Lucid's matrix for ImageNet, for nets that do not know the colors of their photos.
var imageNet = Color{{0.26, 0.09, 0.02}, {0.27, 0.00, -0.05}, {0.27, -0.09, 0.03}}

// DefaultColor is the matrix of ImageNet's photos.
func DefaultColor() Color { return imageNet.normalized() }

// NewColor is the matrix of photos whose RGB values in [0,1] have this covariance, row-major [3,3]:
// U sqrt(S) of its singular value decomposition U S U^T.
func NewColor(covariance []float64) (Color, error) {
	var c Color
	if len(covariance) != 9 {
		return c, fmt.Errorf("a color covariance has 9 values, not %d", len(covariance))
	}
	for _, v := range covariance {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return c, fmt.Errorf("the color covariance is not finite")
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(mat.NewSymDense(3, covariance), true) {
		return c, fmt.Errorf("the color covariance has no eigenvalues")
	}
	values := eigen.Values(nil) // ascending
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	// Photos of one color only leave axes without variance: they keep a little, so that the map stays invertible.
	floor := math.Max(values[2]*1e-4, 1e-8)
	for k := range 3 {
		at := 2 - k // largest first
		sum := vectors.At(0, at) + vectors.At(1, at) + vectors.At(2, at)
		sign := 1.0 // an eigenvector's sign is arbitrary: the sum's is not
		if sum < 0 {
			sign = -1
		}
		for rgb := range 3 {
			c[rgb][k] = sign * vectors.At(rgb, at) * math.Sqrt(math.Max(values[at], floor))
		}
	}
	return c.normalized(), nil
}

func (c Color) normalized() Color {
	largest := 0.0
	for k := range 3 {
		largest = math.Max(largest, math.Sqrt(c[0][k]*c[0][k]+c[1][k]*c[1][k]+c[2][k]*c[2][k]))
	}
	for i := range c {
		for k := range c[i] {
			c[i][k] /= largest
		}
	}
	return c
}

// Inverse maps red, green and blue back to the uncorrelated channels.
func (c Color) Inverse() (Color, error) {
	var out Color
	var inverse mat.Dense
	if err := inverse.Inverse(mat.NewDense(3, 3, c.flat())); err != nil {
		return out, fmt.Errorf("the color matrix has no inverse: %w", err)
	}
	for i := range 3 {
		for k := range 3 {
			out[i][k] = inverse.At(i, k)
		}
	}
	return out, nil
}

func (c Color) flat() []float64 {
	var out []float64
	for _, row := range c {
		out = append(out, row[:]...)
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
