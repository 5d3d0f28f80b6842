package onnx

import (
	"math"

	"herbarium/internal/graph"
)

// gate says which function of x a product of a number and factors is.
func (t *translator) gate(scale float64, factors []*value, x *value) (spec, bool) {
	var f *value
	switch {
	case len(factors) == 1 && factors[0] != x:
		if lo, hi, ok := t.held(factors[0], x, 3); ok && lo == 0 && hi == 6 && near(scale, 1.0/6) {
			return spec{op: graph.HardSigmoid{}}, true
		}
		return spec{}, false
	case len(factors) == 2 && factors[0] == x:
		f = factors[1]
	case len(factors) == 2 && factors[1] == x:
		f = factors[0]
	}
	if f == nil || f.src == nil {
		return spec{}, false
	}
	if lo, hi, ok := t.held(f, x, 3); ok && lo == 0 && hi == 6 && near(scale, 1.0/6) {
		return spec{op: graph.HardSwish{}}, true
	}
	in := t.inputs(f.src, 1)
	switch {
	case f.src.op == "Sigmoid" && near(scale, 1) && in != nil && in[0] == x:
		return spec{op: graph.SiLU{}}, true
	case f.src.op == "HardSigmoid" && near(scale, 1) && in != nil && in[0] == x &&
		near(f.src.float("alpha", 0.2), 1.0/6) && near(f.src.float("beta", 0.5), 0.5):
		return spec{op: graph.HardSwish{}}, true
	}
	// x/2 (1 + erf(x/sqrt 2)) and x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))
	inside, plus := t.sum(f)
	if !near(scale, 0.5) || inside == nil || !near(plus, 1) || inside.src == nil {
		return spec{}, false
	}
	argument := t.inputs(inside.src, 1)
	if argument == nil || argument[0].src == nil {
		return spec{}, false
	}
	arms := t.inputs(argument[0].src, 2)
	if arms == nil || argument[0].src.op != "Mul" && argument[0].src.op != "Div" {
		return spec{}, false
	}
	scale, factors = t.product(argument[0].src, arms, x)
	switch {
	case len(factors) != 1:
	case inside.src.op == "Erf" && factors[0] == x && near(scale, math.Sqrt2/2):
		return gelu(false), true
	case inside.src.op == "Tanh" && t.cubic(factors[0], x) && near(scale, math.Sqrt(2/math.Pi)):
		return gelu(true), true
	}
	return spec{}, false
}

// cubic says whether f is x + 0.044715 x^3.
func (t *translator) cubic(f, x *value) bool {
	if f == nil || f.src == nil || f.src.op != "Add" {
		return false
	}
	for i, v := range t.inputs(f.src, 2) {
		other := t.inputs(f.src, 2)[1-i]
		if v != x || other.src == nil || other.src.op != "Mul" {
			continue
		}
		scale, factors := t.product(other.src, t.inputs(other.src, 2), x)
		cube := len(factors) == 3 && factors[0] == x && factors[1] == x && factors[2] == x
		if len(factors) == 1 && factors[0] != nil && factors[0].src != nil && factors[0].src.op == "Pow" {
			if in := t.inputs(factors[0].src, 2); in != nil && in[0] == x {
				three, ok := scalar(in[1].c)
				cube = ok && three == 3
			}
		}
		return cube && near(scale, 0.044715)
	}
	return false
}

// sum takes v = x + number apart; nil if it is none.
func (t *translator) sum(v *value) (x *value, plus float64) {
	if v == nil || v.src == nil || v.src.op != "Add" {
		return nil, 0
	}
	in := t.inputs(v.src, 2)
	for i := range in {
		if number, ok := scalar(in[i].c); ok {
			return in[1-i], number
		}
	}
	return nil, 0
}

// held says between which limits v holds x + shift, by a Clip, or a Relu and a Min.
func (t *translator) held(v, x *value, shift float64) (lo, hi float64, ok bool) {
	lo, hi = math.Inf(-1), math.Inf(1)
	for depth := 0; v != nil && v.src != nil && depth < 3; depth++ {
		if y, plus := t.sum(v); y == x && near(plus, shift) {
			return lo, hi, true
		}
		in := make([]*value, len(v.src.in))
		var next *value
		for i, name := range v.src.in {
			if in[i] = t.values[name]; in[i] != nil && in[i].c == nil {
				next = in[i]
			}
		}
		a, b, is := limits(t, v.src, in)
		if !is {
			return 0, 0, false
		}
		lo, hi, v = max(lo, a), min(hi, b), next
	}
	return 0, 0, false
}
