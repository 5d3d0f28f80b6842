package onnx

// pattern recognizes functions that exporters write as arithmetic, at the node that ends them: nil if n ends none. What
// led there was translated by itself, or has an error for want of an operator (Erf); nobody uses it any more.
func (t *translator) pattern(n *node, in []*value) (*value, error) {
	if v := t.attention(n, in); v != nil {
		return v, nil
	}
	if v := t.softplus(n, in); v != nil {
		return v, nil
	}
	if n.op != "Mul" && n.op != "Div" || len(in) != 2 || in[0] == nil || in[1] == nil {
		return nil, nil
	}
	if x, eps := t.normalized(n, in); x != nil {
		return first(t.normOver(eps, nil, nil, x, []int{len(x.axes) - 1}))
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

// softplus recognizes PyTorch's, which is x itself where that is large: the softplus, or nil.
func (t *translator) softplus(n *node, in []*value) *value {
	if n.op != "Where" || len(in) != 3 || in[0].src == nil || in[0].src.op != "Greater" || in[1].c != nil || in[2].err != nil {
		return nil
	}
	v := in[2]
	for depth := 0; v != nil && v.src != nil && v.c == nil && depth < 2; depth++ {
		switch v.src.op {
		case "Softplus":
			return in[2]
		case "Div", "Mul": // by beta
			v = t.values[v.src.in[0]]
		default:
			return nil
		}
	}
	return nil
}
