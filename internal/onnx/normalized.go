package onnx

// normalized recognizes (x - mean) / sqrt(variance + eps) over the last axis: x and eps, or nil.
func (t *translator) normalized(n *node, in []*value) (*value, float64) {
	if n.op != "Div" || in[0].src == nil || in[0].src.op != "Sub" || in[1].src == nil || in[1].src.op != "Sqrt" {
		return nil, 0
	}
	centerd, root := t.inputs(in[0].src, 2), t.inputs(in[1].src, 1)
	if centerd == nil || root == nil {
		return nil, 0
	}
	variance, eps := t.sum(root[0])
	x := centerd[0]
	if variance == nil || x.c != nil || !t.meanOfLast(centerd[1], x, len(x.axes)) || variance.src == nil {
		return nil, 0
	}
	squares := t.values[variance.src.in[0]]
	if !t.meanOfLast(variance, squares, len(x.axes)) || squares.src == nil {
		return nil, 0
	}
	pair := t.inputs(squares.src, 2)
	if pair == nil || pair[0] != in[0] {
		return nil, 0
	}
	two, ok := scalar(pair[1].c)
	if squares.src.op == "Pow" && ok && two == 2 || squares.src.op == "Mul" && pair[1] == pair[0] {
		return x, eps
	}
	return nil, 0
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
