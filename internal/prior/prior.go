// Package prior has natural-image priors: regularizers that are the larger the less a picture is like a photo. They are
// dimensionless, so that one weight serves all layers and sizes (Mahendran and Vedaldi, "Visualizing Deep Convolutional
// Neural Networks Using Natural Pre-images", IJCV 2016, section 3.1). Each is [N], one number per picture, whatever else is
// in the batch.
package prior

import (
	"math"

	"herbarium/internal/images"
	"herbarium/internal/torch"
)

// Constants of the paper for values from 0 to 255, as shares of 255: a natural pixel is at most B away from the mean,
// and V = B/6.5 from its neighbor.
const (
	B = 80.0 / 255
	V = B / 6.5
)

// alpha is the power of the norm.
const alpha = 6

// share is what the square of a pixel's channels counts: B and V are lengths of RGB, and a gray picture is to be as natural as
// the same picture in three equal channels.
func share(channels int) float64 { return images.RGB / float64(channels) }

// AlphaNorm keeps pixels near the mean color [C] of photos: for images [N,C,H,W] in [0,1] of H W pixels
//
//	1/(H W) sum_uv (|x_uv - mean| / B)^6
//
// with |.| the Euclidean norm over RGB (equation 6; the mean is subtracted as in section 3.1), and gray in all of its channels.
func AlphaNorm(s *torch.Scope, x, mean torch.Tensor) torch.Tensor {
	d := s.Sub(x, s.Reshape(mean, -1, 1, 1))
	square := s.Scale(s.Sum(s.Mul(d, d), 1), share(x.Shape()[1])*(1/(B*B))) // [N,H,W]
	return s.Mean(s.Pow(square, alpha/2), 1, 2)
}

// Variation keeps neighbors alike: total variation with exponent beta = 2 (equation 7)
//
//	1/(H W) sum_uvk ((x_u,v+1,k - x_uvk)^2 + (x_u+1,v,k - x_uvk)^2) / V^2
//
// where differences across the last row and column count as zero, and gray counts in all channels of RGB.
func Variation(s *torch.Scope, x torch.Tensor) torch.Tensor {
	shape := x.Shape()
	n, h, w := shape[0], shape[2], shape[3]
	total := torch.None
	for axis := 2; axis < 4; axis++ {
		size := shape[axis]
		if size < 2 {
			continue
		}
		d := s.Sub(s.Narrow(x, axis, 1, size-1), s.Narrow(x, axis, 0, size-1))
		sum := s.Sum(s.Reshape(s.Mul(d, d), n, -1), 1)
		if total.Defined() {
			sum = s.Add(total, sum)
		}
		total = sum
	}
	if !total.Defined() {
		return s.Zeros([]int{n}, x.DType(), x.Device())
	}
	return s.Scale(total, share(shape[1])/(V*V*float64(h*w)))
}

// Bound shrinks pixels that are more than 2 B away from the mean color [C] onto that distance (section 3.1):
// x_uv = mean + (x_uv - mean) min(1, 2B/|x_uv - mean|).
func Bound(s *torch.Scope, x, mean torch.Tensor) torch.Tensor {
	m := s.Reshape(mean, -1, 1, 1)
	d := s.Sub(x, m)
	length := s.Sqrt(s.AddScalar(s.SumKeep(s.Mul(d, d), 1), 1e-12))
	most := 2 * B / math.Sqrt(share(x.Shape()[1]))
	shrink := s.Clamp(s.Div(s.Full([]int{1}, most, torch.F32, x.Device()), length), 0, 1)
	return s.Add(m, s.Mul(d, shrink))
}

// BatchNorm is a batch norm of a net with the mean and the variance [C] that a photo's values have after it, averaged over
// photos.
type BatchNorm struct {
	Node           string
	Mean, Variance torch.Tensor
	Weight         float64
}

// Moments compares each picture's own mean and variance per channel with those that photos have on average, at the
// outputs [N,C,H,W] of batch norms:
//
//	sum_l weight_l 1/C_l sum_c (|mu_c - mean_c| + |var_c - variance_c|)
//
// after DeepInversion (Yin et al. 2020, equation 4), with each picture's moments instead of a batch's, which would
// couple the pictures.
func Moments(s *torch.Scope, norms []BatchNorm, activations map[string]torch.Tensor) torch.Tensor {
	total := torch.None
	for _, l := range norms {
		a := activations[l.Node]
		mean := s.Mean(a, 2, 3)
		variance := s.Sub(s.Mean(s.Mul(a, a), 2, 3), s.Mul(mean, mean))
		off := s.Add(s.Abs(s.Sub(mean, l.Mean)), s.Abs(s.Sub(variance, l.Variance)))
		v := s.Scale(s.Mean(off, 1), l.Weight)
		if total.Defined() {
			v = s.Add(total, v)
		}
		total = v
	}
	return total
}
