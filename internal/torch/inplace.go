package torch

import "github.com/sugarme/gotch/libtch"

// Operations that change their first argument. Optimizers use them on variables outside of a
// recording; everything else makes new tensors.

// AddScaled is y += alpha x.
func (s *Scope) AddScaled(y, x Tensor, alpha float64) {
	libtch.AtAddScaled_(y.c, x.c, alpha)
	if message := libtch.TakeLastErr(); message != "" {
		fail("add_", "%s", firstLine(message))
	}
}

// Nesterov is a step of gradient descent on x with the momentum in buffer (Sutskever et al. 2013, as PyTorch defines it):
// g = gradient + decay x, buffer = momentum buffer + g, x -= rate (g + momentum buffer).
func (s *Scope) Nesterov(x, gradient, buffer Tensor, rate, momentum, decay float64) {
	libtch.AtNesterov_(x.c, gradient.c, buffer.c, rate, momentum, decay)
	if message := libtch.TakeLastErr(); message != "" {
		fail("nesterov", "%s", firstLine(message))
	}
}

// ScaleInPlace is y *= v.
func (s *Scope) ScaleInPlace(y Tensor, v float64) {
	var out libtch.Ctensor
	c := libtch.AtsFloat(v)
	libtch.AtgMulScalar_(&out, y.c, c)
	libtch.AtsFree(c)
	inPlace("mul_", out)
}

// MulInPlace is y *= x.
func (s *Scope) MulInPlace(y, x Tensor) {
	var out libtch.Ctensor
	libtch.AtgMul_(&out, y.c, x.c)
	inPlace("mul_", out)
}

// ReluInPlace is y = max(y, 0). In a recording it works on the results of operations whose own
// gradient does not need them.
func (s *Scope) ReluInPlace(y Tensor) {
	var out libtch.Ctensor
	libtch.AtgRelu_(&out, y.c)
	inPlace("relu_", out)
}

// Lerp is y += weight (x - y).
func (s *Scope) Lerp(y, x Tensor, weight float64) {
	var out libtch.Ctensor
	c := libtch.AtsFloat(weight)
	libtch.AtgLerp_(&out, y.c, x.c, c)
	libtch.AtsFree(c)
	inPlace("lerp_", out)
}

// Copy is y = x, between types and devices too.
func (s *Scope) Copy(y, x Tensor) {
	libtch.AtCopy_(y.c, x.c)
	if message := libtch.TakeLastErr(); message != "" {
		fail("copy_", "%s", firstLine(message))
	}
}

// Zero is y = 0.
func (s *Scope) Zero(y Tensor) {
	var out libtch.Ctensor
	libtch.AtgZero_(&out, y.c)
	inPlace("zero_", out)
}
