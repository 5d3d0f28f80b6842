package torch

import "github.com/sugarme/gotch/libtch"

// Relu is max(x, 0).
func (s *Scope) Relu(x Tensor) Tensor {
	var out libtch.Ctensor
	libtch.AtgRelu(&out, x.c)
	return s.own("relu", out)
}

// Sigmoid is 1/(1+e^-x).
func (s *Scope) Sigmoid(x Tensor) Tensor {
	var out libtch.Ctensor
	libtch.AtgSigmoid(&out, x.c)
	return s.own("sigmoid", out)
}

// Tanh is the hyperbolic tangent.
func (s *Scope) Tanh(x Tensor) Tensor {
	var out libtch.Ctensor
	libtch.AtgTanh(&out, x.c)
	return s.own("tanh", out)
}

// Silu is x sigmoid(x).
func (s *Scope) Silu(x Tensor) Tensor {
	var out libtch.Ctensor
	libtch.AtgSilu(&out, x.c)
	return s.own("silu", out)
}

// HardSigmoid is clamp(x+3, 0, 6)/6.
func (s *Scope) HardSigmoid(x Tensor) Tensor {
	var out libtch.Ctensor
	libtch.AtgHardsigmoid(&out, x.c)
	return s.own("hardsigmoid", out)
}

// HardSwish is x clamp(x+3, 0, 6)/6.
func (s *Scope) HardSwish(x Tensor) Tensor {
	var out libtch.Ctensor
	libtch.AtgHardswish(&out, x.c)
	return s.own("hardswish", out)
}

// Gelu is x times the normal distribution function of x.
func (s *Scope) Gelu(x Tensor) Tensor {
	var out libtch.Ctensor
	libtch.AtgGelu(&out, x.c, "none")
	return s.own("gelu", out)
}

// LeakyRelu is x where positive, else slope x.
func (s *Scope) LeakyRelu(x Tensor, slope float64) Tensor {
	if slope > 1 { // slope x is the larger where x is positive
		return s.Minimum(x, s.Scale(x, slope))
	}
	return s.Maximum(x, s.Scale(x, slope))
}

// Softmax is e^x over its sum along axis.
func (s *Scope) Softmax(x Tensor, axis int) Tensor {
	var out libtch.Ctensor
	libtch.AtgSoftmax(&out, x.c, int64(axis), noDType)
	return s.own("softmax", out)
}

// LogSoftmax is the logarithm of Softmax, without its underflow.
func (s *Scope) LogSoftmax(x Tensor, axis int) Tensor {
	var out libtch.Ctensor
	libtch.AtgLogSoftmax(&out, x.c, int64(axis), noDType)
	return s.own("log_softmax", out)
}

// Elu is x where positive, else e^x - 1.
func (s *Scope) Elu(x Tensor) Tensor {
	var out libtch.Ctensor
	libtch.AtgElu(&out, x.c)
	return s.own("elu", out)
}

// Mish is x tanh(log(1 + e^x)).
func (s *Scope) Mish(x Tensor) Tensor {
	var out libtch.Ctensor
	libtch.AtgMish(&out, x.c)
	return s.own("mish", out)
}

// Softplus is log(1 + e^x).
func (s *Scope) Softplus(x Tensor) Tensor {
	var out libtch.Ctensor
	libtch.AtgSoftplus(&out, x.c)
	return s.own("softplus", out)
}

// Attention is softmax(scale q k^T + bias) v of q [N,H,T,C], k [N,H,S,C] and v [N,H,S,D]; bias, which may be None, fits
// [N,H,T,S] with axes of size 1 repeated. libtorch 2.1 and later have kernels that never make all the weights at once.
func (s *Scope) Attention(q, k, v, bias Tensor, scale float64) Tensor {
	return s.own("attention", libtch.AtAttention(q.c, k.c, v.c, bias.c, scale))
}
