package onnx

import (
	"errors"
	"fmt"
	"math"

	"herbarium/internal/graph"
)

// unary is a function of each number by itself.
func unary(t *translator, n *node, in []*value) ([]*value, error) {
	v := in[0]
	if v.c != nil { // Max(0, x)
		v = in[len(in)-1]
	}
	switch n.op {
	case "Relu":
		return t.elementwise(spec{op: graph.ReLU{}}, v)
	case "Sigmoid":
		return t.elementwise(spec{op: graph.Sigmoid{}}, v)
	case "HardSwish":
		return t.elementwise(spec{op: graph.HardSwish{}}, v)
	case "LeakyRelu":
		return t.elementwise(spec{op: graph.LeakyReLU{Slope: n.float("alpha", 0.01)}}, v)
	case "Swish":
		if alpha := n.float("alpha", 1); alpha != 1 {
			return nil, fmt.Errorf("alpha is %v: only 1 is translated", alpha)
		}
		return t.elementwise(spec{op: graph.SiLU{}}, v)
	case "Gelu":
		return t.elementwise(gelu(n.text("approximate", "none") == "tanh"), v)
	case "HardSigmoid":
		alpha, beta := n.float("alpha", 0.2), n.float("beta", 0.5)
		if near(alpha, 1.0/6) && near(beta, 0.5) {
			return t.elementwise(spec{op: graph.HardSigmoid{}}, v)
		}
		v, err := t.affine(v, repeated(float32(alpha), 1), repeated(float32(beta), 1))
		if err != nil {
			return nil, err
		}
		return t.clip(v, 0, 1)
	case "Neg":
		return one(t.affine(v, repeated(-1, 1), nil))
	}
	lo, hi, ok := limits(t, n, in)
	if !ok {
		return nil, errors.New("its limits are not two constants")
	}
	return t.clip(v, lo, hi)
}

func one(v *value, err error) ([]*value, error) {
	if err != nil {
		return nil, err
	}
	return []*value{v}, nil
}

func gelu(tanh bool) spec {
	if tanh {
		return spec{op: graph.GELU{Mode: "tanh"}}
	}
	return spec{op: graph.GELU{Mode: "erf"}}
}

// limits are those that Clip, Relu, or Min and Max with a constant, hold a value within.
func limits(t *translator, n *node, in []*value) (lo, hi float64, ok bool) {
	lo, hi = math.Inf(-1), math.Inf(1)
	ok = true
	limit := func(i int, name string, to *float64) {
		if a := n.typed(name, aFloat); a != nil && t.opset < 11 {
			*to = float64(a.f)
		}
		if i < len(in) && in[i] != nil {
			x, is := scalar(in[i].c)
			*to, ok = x, ok && is
		}
	}
	switch n.op {
	case "Relu":
		return 0, hi, true
	case "Clip":
		limit(1, "min", &lo)
		limit(2, "max", &hi)
	case "Min", "Max":
		if len(in) != 2 || in[0] == nil || in[1] == nil {
			return lo, hi, false
		}
		x, is := scalar(in[1].c)
		if !is {
			x, is = scalar(in[0].c)
		}
		if n.op == "Min" {
			return lo, x, is
		}
		return x, hi, is
	default:
		return lo, hi, false
	}
	return lo, hi, ok
}

// clip is min(max(x, lo), hi).
func (t *translator) clip(v *value, lo, hi float64) ([]*value, error) {
	lo, hi = max(lo, -math.MaxFloat32), min(hi, math.MaxFloat32)
	switch {
	case lo == -math.MaxFloat32 && hi == math.MaxFloat32:
		return []*value{v}, nil
	case lo == 0 && hi == math.MaxFloat32:
		return t.elementwise(spec{op: graph.ReLU{}}, v)
	}
	return t.elementwise(spec{op: graph.Clip{Min: lo, Max: hi}}, v)
}

// pRelu is x where x > 0, else slope x: with one slope a leaky ReLU, with one a channel relu(x) - slope relu(-x).
func pRelu(t *translator, n *node, in []*value) ([]*value, error) {
	slope, err := weights(in, 1, "slope")
	if err != nil {
		return nil, err
	}
	if x, ok := scalar(slope); ok {
		return t.elementwise(spec{op: graph.LeakyReLU{Slope: x}}, in[0])
	}
	below, err := t.scaled(slope, -1)
	if err != nil {
		return nil, err
	}
	minus, err := t.affine(in[0], repeated(-1, 1), nil)
	if err != nil {
		return nil, err
	}
	parts := make([]*value, 2)
	for i, v := range []*value{in[0], minus} {
		out, err := t.elementwise(spec{op: graph.ReLU{}}, v)
		if err != nil {
			return nil, err
		}
		parts[i] = out[0]
	}
	if parts[1], err = t.affine(parts[1], below, nil); err != nil {
		return nil, err
	}
	return t.combined(graph.Add{}, parts)
}

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-5*math.Abs(b) }
