package torch

import "github.com/sugarme/gotch/libtch"

// Add is x + y, with broadcasting.
func (s *Scope) Add(x, y Tensor) Tensor {
	var out libtch.Ctensor
	libtch.AtgAdd(&out, x.c, y.c)
	return s.own("add", out)
}

// Sub is x - y, with broadcasting.
func (s *Scope) Sub(x, y Tensor) Tensor {
	var out libtch.Ctensor
	libtch.AtgSub(&out, x.c, y.c)
	return s.own("sub", out)
}

// Mul is x y, with broadcasting.
func (s *Scope) Mul(x, y Tensor) Tensor {
	var out libtch.Ctensor
	libtch.AtgMul(&out, x.c, y.c)
	return s.own("mul", out)
}

// Div is x / y, with broadcasting.
func (s *Scope) Div(x, y Tensor) Tensor {
	var out libtch.Ctensor
	libtch.AtgDiv(&out, x.c, y.c)
	return s.own("div", out)
}

// Minimum is the smaller of x and y, with broadcasting.
func (s *Scope) Minimum(x, y Tensor) Tensor {
	var out libtch.Ctensor
	libtch.AtgMinimum(&out, x.c, y.c)
	return s.own("minimum", out)
}

// Maximum is the larger of x and y, with broadcasting.
func (s *Scope) Maximum(x, y Tensor) Tensor {
	var out libtch.Ctensor
	libtch.AtgMaximum(&out, x.c, y.c)
	return s.own("maximum", out)
}

// AddScalar is x + v, elementwise.
func (s *Scope) AddScalar(x Tensor, v float64) Tensor {
	var out libtch.Ctensor
	c := libtch.AtsFloat(v)
	libtch.AtgAddScalar(&out, x.c, c)
	libtch.AtsFree(c)
	return s.own("add", out)
}

// Scale is v x, elementwise.
func (s *Scope) Scale(x Tensor, v float64) Tensor {
	var out libtch.Ctensor
	c := libtch.AtsFloat(v)
	libtch.AtgMulScalar(&out, x.c, c)
	libtch.AtsFree(c)
	return s.own("mul", out)
}

// Pow is x^v, elementwise.
func (s *Scope) Pow(x Tensor, v float64) Tensor {
	var out libtch.Ctensor
	c := libtch.AtsFloat(v)
	libtch.AtgPowTensorScalar(&out, x.c, c)
	libtch.AtsFree(c)
	return s.own("pow", out)
}

// Neg is -x.
func (s *Scope) Neg(x Tensor) Tensor {
	var out libtch.Ctensor
	libtch.AtgNeg(&out, x.c)
	return s.own("neg", out)
}

// Abs is |x|.
func (s *Scope) Abs(x Tensor) Tensor {
	var out libtch.Ctensor
	libtch.AtgAbs(&out, x.c)
	return s.own("abs", out)
}

// Sign is -1, 0 or 1 as x is negative, zero or positive.
func (s *Scope) Sign(x Tensor) Tensor {
	var out libtch.Ctensor
	libtch.AtgSign(&out, x.c)
	return s.own("sign", out)
}

// Sqrt is the square root.
func (s *Scope) Sqrt(x Tensor) Tensor {
	var out libtch.Ctensor
	libtch.AtgSqrt(&out, x.c)
	return s.own("sqrt", out)
}

// Exp is e^x.
func (s *Scope) Exp(x Tensor) Tensor {
	var out libtch.Ctensor
	libtch.AtgExp(&out, x.c)
	return s.own("exp", out)
}

// Cos is the cosine of radians.
func (s *Scope) Cos(x Tensor) Tensor {
	var out libtch.Ctensor
	libtch.AtgCos(&out, x.c)
	return s.own("cos", out)
}

// Sin is the sine of radians.
func (s *Scope) Sin(x Tensor) Tensor {
	var out libtch.Ctensor
	libtch.AtgSin(&out, x.c)
	return s.own("sin", out)
}

// Log is the natural logarithm.
func (s *Scope) Log(x Tensor) Tensor {
	var out libtch.Ctensor
	libtch.AtgLog(&out, x.c)
	return s.own("log", out)
}

// Erf is the error function.
func (s *Scope) Erf(x Tensor) Tensor {
	var out libtch.Ctensor
	libtch.AtgErf(&out, x.c)
	return s.own("erf", out)
}

// Floor is the largest integer that is not above x.
func (s *Scope) Floor(x Tensor) Tensor {
	var out libtch.Ctensor
	libtch.AtgFloor(&out, x.c)
	return s.own("floor", out)
}

// Ceil is the smallest integer that is not below x.
func (s *Scope) Ceil(x Tensor) Tensor {
	var out libtch.Ctensor
	libtch.AtgCeil(&out, x.c)
	return s.own("ceil", out)
}

// Round is x rounded to the nearest integer, halves to even.
func (s *Scope) Round(x Tensor) Tensor {
	var out libtch.Ctensor
	libtch.AtgRound(&out, x.c)
	return s.own("round", out)
}

// IsFinite is true where x is neither NaN nor infinite.
func (s *Scope) IsFinite(x Tensor) Tensor {
	var out libtch.Ctensor
	libtch.AtgIsfinite(&out, x.c)
	return s.own("isfinite", out)
}

// Greater is x > v as Bool, elementwise.
func (s *Scope) Greater(x Tensor, v float64) Tensor {
	var out libtch.Ctensor
	c := libtch.AtsFloat(v)
	libtch.AtgGt(&out, x.c, c)
	libtch.AtsFree(c)
	return s.own("gt", out)
}

// LessEqual is x <= v as Bool, elementwise.
func (s *Scope) LessEqual(x Tensor, v float64) Tensor {
	var out libtch.Ctensor
	c := libtch.AtsFloat(v)
	libtch.AtgLe(&out, x.c, c)
	libtch.AtsFree(c)
	return s.own("le", out)
}

// Equal is x = v as Bool, elementwise.
func (s *Scope) Equal(x Tensor, v float64) Tensor {
	var out libtch.Ctensor
	c := libtch.AtsFloat(v)
	libtch.AtgEq(&out, x.c, c)
	libtch.AtsFree(c)
	return s.own("eq", out)
}

// Clamp limits x to [lo, hi].
func (s *Scope) Clamp(x Tensor, lo, hi float64) Tensor {
	var out libtch.Ctensor
	a, b := libtch.AtsFloat(lo), libtch.AtsFloat(hi)
	libtch.AtgClamp(&out, x.c, a, b)
	libtch.AtsFree(a)
	libtch.AtsFree(b)
	return s.own("clamp", out)
}

// Where takes x where the Bool tensor condition holds, else y.
func (s *Scope) Where(condition, x, y Tensor) Tensor {
	var out libtch.Ctensor
	libtch.AtgWhereSelf(&out, condition.c, x.c, y.c)
	return s.own("where", out)
}

// MatMul is the matrix product, batched over leading axes.
func (s *Scope) MatMul(x, y Tensor) Tensor {
	var out libtch.Ctensor
	libtch.AtgMatmul(&out, x.c, y.c)
	return s.own("matmul", out)
}
