package onnx

import (
	"math"

	"herbarium/internal/graph"
)

// pattern recognizes functions that exporters write as arithmetic, at the node that ends them: nil if n ends none. What
// led there was translated by itself, or has an error for want of an operator (Erf); nobody uses it any more.
func (t *translator) pattern(n *node, in []*value) (*value, error) {
	if n.op != "Mul" && n.op != "Div" || len(in) != 2 || in[0] == nil || in[1] == nil {
		return nil, nil
	}
	if x, eps := t.normalized(n, in); x != nil {
		v, err := t.channels(x, len(x.axes)-1)
		if err != nil {
			return nil, err
		}
		c := t.shape(v.at)[0]
		return first(t.elementwise(normOver(eps, repeated(1, c), repeated(0, c)), v))
	}
	_, factors := t.product(n, in, nil)
	for _, f := range factors {
		for _, x := range t.inner(f) {
			scale, rest := t.product(n, in, x)
			if s, ok := t.gate(scale, rest, x); ok && x.err == nil {
				return first(t.elementwise(s, x))
			}
		}
	}
	return nil, nil
}

func first(v []*value, err error) (*value, error) {
	if err != nil {
		return nil, err
	}
	return v[0], nil
}

// product takes a product apart: into a number and values that are no products with numbers, or that are stop.
func (t *translator) product(n *node, in []*value, stop *value) (scale float64, factors []*value) {
	scale = 1
	var visit func(n *node, in []*value, depth int)
	visit = func(n *node, in []*value, depth int) {
		for i, v := range in {
			x, ok := scalar(v.c)
			switch {
			case ok && n.op == "Div" && i == 1:
				scale /= x
			case ok:
				scale *= x
			case n.op == "Div" && i == 1: // by a value: not a product
				factors = append(factors, nil)
			case v != stop && depth < 4 && v.src != nil && (v.src.op == "Mul" || v.src.op == "Div"):
				if next := t.inputs(v.src, 2); next != nil {
					visit(v.src, next, depth+1)
					continue
				}
				factors = append(factors, v)
			default:
				factors = append(factors, v)
			}
		}
	}
	visit(n, in, 0)
	return scale, factors
}

// inputs are the values of a node's inputs, if there are that many; nil otherwise.
func (t *translator) inputs(n *node, count int) []*value {
	if n == nil || len(n.in) != count {
		return nil
	}
	out := make([]*value, count)
	for i, name := range n.in {
		if out[i] = t.values[name]; out[i] == nil {
			return nil
		}
	}
	return out
}

// inner are the values that a factor may be a gate of: what its innermost function is applied to.
func (t *translator) inner(f *value) []*value {
	var out []*value
	for depth := 0; f != nil && f.src != nil && depth < 8; depth++ {
		switch f.src.op {
		case "Sigmoid", "HardSigmoid", "Erf", "Tanh", "Relu", "Clip", "Min", "Max", "Add", "Mul", "Div", "Pow":
		default:
			return out
		}
		var next *value
		for _, name := range f.src.in {
			if v := t.values[name]; v != nil && v.c == nil && next == nil {
				next = v
			}
		}
		if f = next; f != nil {
			out = append(out, f)
		}
	}
	return out
}

// gate says which function of x a product of a number and factors is.
func (t *translator) gate(scale float64, factors []*value, x *value) (spec, bool) {
	var f *value
	switch {
	case len(factors) == 1 && factors[0] != x:
		if lo, hi, ok := t.held(factors[0], x, 3); ok && lo == 0 && hi == 6 && near(scale, 1.0/6) {
			return op(graph.HardSigmoid), true
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
		return op(graph.HardSwish), true
	}
	in := t.inputs(f.src, 1)
	switch {
	case f.src.op == "Sigmoid" && near(scale, 1) && in != nil && in[0] == x:
		return op(graph.SiLU), true
	case f.src.op == "HardSigmoid" && near(scale, 1) && in != nil && in[0] == x &&
		near(f.src.float("alpha", 0.2), 1.0/6) && near(f.src.float("beta", 0.5), 0.5):
		return op(graph.HardSwish), true
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

// normalized recognizes (x - mean) / sqrt(variance + eps) over the last axis: x and eps, or nil.
func (t *translator) normalized(n *node, in []*value) (*value, float64) {
	if n.op != "Div" || in[0].src == nil || in[0].src.op != "Sub" || in[1].src == nil || in[1].src.op != "Sqrt" {
		return nil, 0
	}
	centred, root := t.inputs(in[0].src, 2), t.inputs(in[1].src, 1)
	if centred == nil || root == nil {
		return nil, 0
	}
	variance, eps := t.sum(root[0])
	x := centred[0]
	if variance == nil || x.c != nil || !t.meanOfLast(centred[1], x, len(x.axes)) || variance.src == nil {
		return nil, 0
	}
	squares := t.values[variance.src.in[0]]
	if !t.meanOfLast(variance, squares, len(x.axes)) || squares.src == nil {
		return nil, 0
	}
	pair := t.inputs(squares.src, 2)
	if pair == nil || pair[0] != in[0] && !t.alike(pair[0], in[0]) {
		return nil, 0
	}
	two, ok := scalar(pair[1].c)
	if squares.src.op == "Pow" && ok && two == 2 || squares.src.op == "Mul" && pair[1] == pair[0] {
		return x, eps
	}
	return nil, 0
}

// alike says whether two values are the same function of the same inputs, as exporters write a difference twice.
func (t *translator) alike(a, b *value) bool {
	if a.src == nil || b.src == nil || a.src.op != b.src.op {
		return false
	}
	x, y := t.inputs(a.src, 2), t.inputs(b.src, 2)
	return x != nil && y != nil && x[0] == y[0] && (x[1] == y[1] || x[1].src != nil && y[1].src != nil &&
		x[1].src.op == "ReduceMean" && y[1].src.op == "ReduceMean" && x[1].src.in[0] == y[1].src.in[0])
}

// meanOfLast says whether v is the mean of x over its last axis, of rank axes, which is kept.
func (t *translator) meanOfLast(v, x *value, rank int) bool {
	if v == nil || v.src == nil || v.src.op != "ReduceMean" || len(v.src.in) == 0 || t.values[v.src.in[0]] != x || v.src.int("keepdims", 1) != 1 {
		return false
	}
	in := make([]*value, len(v.src.in))
	for i, name := range v.src.in {
		in[i] = t.values[name]
	}
	axes, err := axesOf(v.src, in, 1, rank)
	return err == nil && len(axes) == 1 && axes[0] == rank-1
}
