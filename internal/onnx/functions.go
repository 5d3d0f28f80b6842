package onnx

import (
	"errors"
	"fmt"

	"herbarium/internal/graph"
)

// functions are ONNX's functions of each number by itself that graph.Unary has, by name.
var functions = map[string]string{"Abs": "abs", "Ceil": "ceil", "Cos": "cos", "Erf": "erf", "Exp": "exp", "Floor": "floor", "Log": "log",
	"Mish": "mish", "Sign": "sign", "Sin": "sin", "Softplus": "softplus", "Softsign": "softsign", "Tanh": "tanh"}

// function is one of functions, or a power.
func function(t *translator, n *node, in []*value) ([]*value, error) {
	s := spec{op: graph.Unary{Function: functions[n.op]}}
	switch n.op {
	case "Sqrt":
		s.op = graph.Pow{Exponent: 0.5}
	case "Reciprocal":
		s.op = graph.Pow{Exponent: -1}
	case "Round":
		s.op = graph.Round{Levels: 1}
	}
	return t.elementwise(s, in[0])
}

// exponential is Elu, or Celu or Selu by it.
func exponential(t *translator, n *node, in []*value) ([]*value, error) {
	elu := func(alpha float64) spec { return spec{op: graph.ELU{Alpha: alpha}} }
	switch n.op {
	case "Elu":
		return t.elementwise(elu(n.float("alpha", 1)), in[0])
	case "Selu":
		out, err := t.elementwise(elu(n.float("alpha", 1.67326319217681884765625)), in[0])
		if err != nil {
			return nil, err
		}
		return one(t.affine(out[0], repeated(float32(n.float("gamma", 1.05070102214813232421875)), 1), nil))
	}
	alpha := n.float("alpha", 1) // Celu: alpha elu(x / alpha)
	if alpha == 0 {
		return nil, errors.New("its alpha is 0")
	}
	v, err := t.affine(in[0], repeated(float32(1/alpha), 1), nil)
	if err != nil {
		return nil, err
	}
	out, err := t.elementwise(elu(1), v)
	if err != nil {
		return nil, err
	}
	return one(t.affine(out[0], repeated(float32(alpha), 1), nil))
}

// larger is Min or Max of values: max(a, b) = a + relu(b - a).
func larger(t *translator, n *node, in []*value) ([]*value, error) {
	if len(in) == 1 {
		return []*value{in[0]}, nil
	}
	if _, _, ok := limits(t, n, in); ok {
		return unary(t, n, in)
	}
	out := in[0]
	for _, v := range in[1:] {
		if v == nil {
			return nil, errors.New("an input is missing")
		}
		a, b := out, v
		if n.op == "Min" { // min(a, b) = a - relu(a - b)
			a, b = v, out
		}
		more, err := difference(t, n, []*value{b, a})
		if err != nil {
			return nil, err
		}
		if more, err = t.elementwise(spec{op: graph.ReLU{}}, more[0]); err != nil {
			return nil, err
		}
		var both []*value
		if n.op == "Min" {
			both, err = difference(t, n, []*value{b, more[0]})
		} else {
			both, err = t.folded(graph.Add{}, []*value{a, more[0]})
		}
		if err != nil {
			return nil, err
		}
		out = both[0]
	}
	return []*value{out}, nil
}

// where is Where with a constant condition: what is taken of each side is multiplied by 1, the other by 0.
func where(t *translator, n *node, in []*value) ([]*value, error) {
	if len(in) != 3 || in[1] == nil || in[2] == nil {
		return nil, errors.New("it needs three inputs")
	}
	if in[0].c == nil {
		return nil, errors.New("its condition is computed from the image: adopt needs it as a constant")
	}
	var sides [2]*value
	for i, v := range in[1:] {
		keep, err := t.mask(in[0].c, i == 0)
		if err != nil {
			return nil, err
		}
		if v.c != nil {
			c, err := t.calculated(&node{op: "Mul"}, []*constant{keep, v.c})
			if err != nil {
				return nil, err
			}
			if c, err = t.withoutNaN(c); err != nil { // 0 times infinity
				return nil, err
			}
			sides[i] = &value{c: c}
			continue
		}
		out, err := t.folded(graph.Mul{}, []*value{v, {c: keep}})
		if err != nil {
			return nil, err
		}
		sides[i] = out[0]
	}
	return t.folded(graph.Add{}, sides[:])
}

// mask is 1 where a condition is on, else 0.
func (t *translator) mask(c *constant, on bool) (*constant, error) {
	f, err := t.cast(c, types[1])
	if err != nil {
		return nil, err
	}
	return t.derived(f, f.Shape, func(from, to []float32) {
		for i, x := range from {
			to[i] = float32(truth((x != 0) == on))
		}
	})
}

func (t *translator) withoutNaN(c *constant) (*constant, error) {
	return t.derived(c, c.Shape, func(from, to []float32) {
		for i, x := range from {
			if to[i] = x; x != x {
				to[i] = 0
			}
		}
	})
}

// lengths is LpNormalization: x over its length along an axis.
func lengths(t *translator, n *node, in []*value) ([]*value, error) {
	a, err := axis(clamp(n.int("axis", -1)), len(in[0].axes))
	if err != nil {
		return nil, err
	}
	length := in[0]
	switch p := n.int("p", 2); p {
	case 1:
		if length, err = first(t.elementwise(spec{op: graph.Unary{Function: "abs"}}, length)); err == nil {
			length, err = first(t.reduced("sum", length, []int{a}, true))
		}
	case 2:
		length, err = first(t.reduced("l2", length, []int{a}, true))
	default:
		err = fmt.Errorf("p is %d: 1 and 2 are translated", p)
	}
	if err != nil {
		return nil, err
	}
	return quotient(t, n, []*value{in[0], length})
}
