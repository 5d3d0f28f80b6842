package torch

import "github.com/sugarme/gotch/libtch"

// Irfft2 is the real image [..., h, w] of a half spectrum [..., h, w/2+1, 2] (real and imaginary
// parts last); the forward transform is unnormalized, this one divides by h w ("backward").
func (s *Scope) Irfft2(spectrum Tensor, height, width int) Tensor {
	var c, out libtch.Ctensor
	libtch.AtgViewAsComplex(&c, spectrum.c)
	complex := s.own("view_as_complex", c)
	libtch.AtgFftIrfft2(&out, complex.c, []int64{int64(height), int64(width)}, 2, []int64{-2, -1}, 2, "backward")
	return s.own("fft_irfft2", out)
}

// Rfft2 is the unnormalized half spectrum [..., h, w/2+1, 2] of real images [..., h, w].
func (s *Scope) Rfft2(x Tensor) Tensor {
	shape := x.Shape()
	if len(shape) < 2 {
		fail("fft_rfft2", "the input has %d axes, not at least 2", len(shape))
	}
	size := []int64{int64(shape[len(shape)-2]), int64(shape[len(shape)-1])}
	var c, out libtch.Ctensor
	libtch.AtgFftRfft2(&c, x.c, size, 2, []int64{-2, -1}, 2, "backward")
	complex := s.own("fft_rfft2", c)
	libtch.AtgViewAsReal(&out, complex.c)
	return s.own("view_as_real", out)
}
