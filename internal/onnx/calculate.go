package onnx

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"herbarium/format"
)

// Arithmetic that constants may need: on two numbers, or on one (the second is 0 then).
var calculations = map[string]func(a, b float64) float64{
	"Add": func(a, b float64) float64 { return a + b }, "Sub": func(a, b float64) float64 { return a - b },
	"Mul": func(a, b float64) float64 { return a * b }, "Div": func(a, b float64) float64 { return a / b },
	"Pow": math.Pow, "Min": math.Min, "Max": math.Max, "Mod": math.Mod,
	"Sqrt": func(a, _ float64) float64 { return math.Sqrt(a) }, "Neg": func(a, _ float64) float64 { return -a },
	"Reciprocal": func(a, _ float64) float64 { return 1 / a }, "Exp": func(a, _ float64) float64 { return math.Exp(a) },
	"Abs": func(a, _ float64) float64 { return math.Abs(a) }, "Log": func(a, _ float64) float64 { return math.Log(a) },
	"Floor": func(a, _ float64) float64 { return math.Floor(a) }, "Ceil": func(a, _ float64) float64 { return math.Ceil(a) },
	"Equal": func(a, b float64) float64 { return truth(a == b) }, "Less": func(a, b float64) float64 { return truth(a < b) },
	"Greater": func(a, b float64) float64 { return truth(a > b) }, "Not": func(a, _ float64) float64 { return truth(a == 0) },
	"LessOrEqual": func(a, b float64) float64 { return truth(a <= b) }, "GreaterOrEqual": func(a, b float64) float64 { return truth(a >= b) },
	"Relu": func(a, _ float64) float64 { return math.Max(a, 0) }, "Sigmoid": func(a, _ float64) float64 { return 1 / (1 + math.Exp(-a)) },
	"Tanh": func(a, _ float64) float64 { return math.Tanh(a) }, "Erf": func(a, _ float64) float64 { return math.Erf(a) },
	"Sin": func(a, _ float64) float64 { return math.Sin(a) }, "Cos": func(a, _ float64) float64 { return math.Cos(a) },
	"Round": func(a, _ float64) float64 { return math.RoundToEven(a) }, "Softplus": func(a, _ float64) float64 { return math.Log1p(math.Exp(a)) },
	"Sign": func(a, _ float64) float64 { return truth(a > 0) - truth(a < 0) }, "IsNaN": func(a, _ float64) float64 { return truth(a != a) },
	"Xor": func(a, b float64) float64 { return truth((a != 0) != (b != 0)) },
	"And": func(a, b float64) float64 { return truth(a != 0 && b != 0) }, "Or": func(a, b float64) float64 { return truth(a != 0 || b != 0) },
}

// errNotEvaluated says that an operator on constants is left to the net.
var errNotEvaluated = errors.New("this operator on constants is not among those that adopt evaluates")

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// calculated does arithmetic on constants, and Where. Integers stay below 2^53 here, or are an error.
func (t *translator) calculated(n *node, in []*constant) (*constant, error) {
	f, ok := calculations[n.op]
	if n.op == "Where" && len(in) == 3 {
		ok = true
	} else if !ok || len(in) > 2 {
		return t.evaluated(n, in)
	}
	shape := in[0].Shape
	integer := true
	for i, c := range in {
		if c == nil {
			return nil, errors.New("an input is missing")
		}
		var err error
		if shape, err = broadcast(shape, c.Shape); err != nil {
			return nil, err
		}
		integer = integer && (!isFloat(c) || n.op == "Where" && i == 0)
	}
	size, err := count(shape)
	if err != nil {
		return nil, err
	}
	if err := t.spend(8 * size * (1 + len(in))); err != nil {
		return nil, err
	}
	var v [3][]float64
	for i, c := range in {
		if c, err = t.expanded(c, shape); err != nil {
			return nil, err
		}
		if v[i], err = numbers(c); err != nil {
			return nil, err
		}
	}
	out := make([]float64, size)
	for i := range out {
		switch {
		case n.op == "Where" && v[0][i] != 0:
			out[i] = v[1][i]
		case n.op == "Where":
			out[i] = v[2][i]
		case len(in) == 1:
			out[i] = f(v[0][i], 0)
		default:
			out[i] = f(v[0][i], v[1][i])
		}
	}
	return result(n, in[0].Name, shape, out, integer)
}

// numbers are the elements of a constant.
func numbers(c *constant) ([]float64, error) {
	if !isFloat(c) {
		list, err := ints(c)
		out := make([]float64, len(list))
		for i, v := range list {
			if out[i] = float64(v); math.Abs(out[i]) >= 1<<53 && v != math.MaxInt64 && v != math.MinInt64 {
				return nil, fmt.Errorf("constant %q holds %d, beyond what is reckoned with", c.Name, v)
			}
		}
		return out, err
	}
	list, err := floats(c)
	out := make([]float64, len(list))
	for i, v := range list {
		out[i] = float64(v)
	}
	return out, err
}

// result is a constant of integers, cut off as ONNX's division cuts them, or of F32.
func result(n *node, name string, shape []int, v []float64, integer bool) (*constant, error) {
	if integer || slices.Contains([]string{"Equal", "Less", "Greater", "LessOrEqual", "GreaterOrEqual", "IsNaN"}, n.op) {
		out := make([]int64, len(v))
		for i, x := range v {
			if math.IsNaN(x) || math.Abs(x) > 1<<63 {
				return nil, fmt.Errorf("it divides by 0, or comes to %v", x)
			}
			out[i] = int64(max(min(x, 1<<62), -1<<62))
		}
		c := format.Of(name, shape, out)
		return &c, nil
	}
	out := make([]float32, len(v))
	for i, x := range v {
		out[i] = float32(x)
	}
	c := format.Of(name, shape, out)
	return &c, nil
}
