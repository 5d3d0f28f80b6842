package onnx

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"herbarium/format"
	"herbarium/internal/graph"
)

// A quantized net, as QuantizeLinear and DequantizeLinear around a float graph (QDQ) write it, is adopted as the float net
// that it stands for: weights are dequantized, and a pair of the two on what comes of the image rounds and cuts off what
// training never saw. It is taken as identity, but for what the writer of the file has put into it: a ReLU before a
// QuantizeLinear without numbers below zero is left out of such files, for the pair does the same.

// quantization counts what is said of it.
type quantization struct {
	weights, pairs int
	cut            []int   // nodes that do what a QuantizeLinear did for a ReLU, or a ReLU6
	largest        float32 // number that any of them let through
}

func (q quantization) notes() []string {
	if q.weights+q.pairs == 0 {
		return nil
	}
	return []string{fmt.Sprintf("quantized: %d weights and biases are the floats that they stand for, and %d roundings between layers are left out", q.weights, q.pairs)}
}

// bounds are the bounds of what QuantizeLinear makes.
var bounds = map[format.DType][2]float64{format.U8: {0, 255}, format.I8: {-128, 127}, format.I16: {-1 << 15, 1<<15 - 1}, format.I32: {-1 << 31, 1<<31 - 1}}

// steps of a quantization: scale and zero point for each index of an axis, or one of each.
type quantizer struct {
	scale, zero []float32
	dtype       format.DType
	axis        int
}

// quantizer reads the second and third input of a node on a tensor of so many axes.
func (t *translator) quantizer(n *node, scale, zero *constant, rank int) (*quantizer, error) {
	if scale == nil || !isFloat(scale) {
		return nil, errors.New("its scale is no constant of floats")
	}
	if n.int("block_size", 0) != 0 {
		return nil, errors.New("scales of blocks are not translated")
	}
	q := &quantizer{dtype: format.U8}
	var err error
	if q.scale, err = floats(scale); err != nil {
		return nil, err
	}
	q.zero = make([]float32, len(q.scale))
	if zero != nil {
		if _, ok := bounds[zero.DType]; !ok {
			return nil, fmt.Errorf("its zero point is %s", zero.DType)
		}
		q.dtype = zero.DType
		if q.zero, err = floats(zero); err != nil {
			return nil, err
		}
	}
	if len(q.scale) == 0 || len(q.zero) != len(q.scale) {
		return nil, fmt.Errorf("%d scales and %d zero points", len(q.scale), len(q.zero))
	}
	for _, s := range q.scale {
		if !(s > 0) || math.IsInf(float64(s), 0) {
			return nil, fmt.Errorf("its scale %v is not above 0", s)
		}
	}
	if len(q.scale) > 1 || len(scale.Shape) > 0 && rank > 0 {
		q.axis, err = axis(clamp(n.int("axis", 1)), rank)
		if len(q.scale) == 1 {
			q.axis, err = 0, nil
		}
	}
	return q, err
}

// along is the index of the scale for each element of a tensor.
func (q *quantizer) along(shape []int) (func(i int) int, error) {
	if len(q.scale) == 1 {
		return func(int) int { return 0 }, nil
	}
	if shape[q.axis] != len(q.scale) {
		return nil, fmt.Errorf("%d scales for axis %d of shape %v", len(q.scale), q.axis, shape)
	}
	inner := 1
	for _, d := range shape[q.axis+1:] {
		inner *= d
	}
	return func(i int) int { return i / inner % len(q.scale) }, nil
}

// requantized is QuantizeLinear or DequantizeLinear of a constant.
func (t *translator) requantized(n *node, in []*constant) (*constant, error) {
	x := in[0]
	var scale, zero *constant
	if len(in) > 1 {
		scale = in[1]
	}
	if len(in) > 2 {
		zero = in[2]
	}
	q, err := t.quantizer(n, scale, zero, len(x.Shape))
	if err != nil {
		return nil, err
	}
	at, err := q.along(x.Shape)
	if err != nil {
		return nil, err
	}
	if err := t.spend(4 * x.Len()); err != nil {
		return nil, err
	}
	v, err := floats(x)
	if err != nil {
		return nil, err
	}
	v = slices.Clone(v)
	if n.op == "DequantizeLinear" {
		if isFloat(x) {
			return nil, errors.New("it dequantizes floats")
		}
		t.quantized.weights++
		for i := range v {
			v[i] = (v[i] - q.zero[at(i)]) * q.scale[at(i)]
		}
		c := format.Of(unquantized(x.Name), x.Shape, v)
		return &c, nil
	}
	limit := bounds[q.dtype]
	out := make([]int64, len(v))
	for i, x := range v {
		y := math.RoundToEven(float64(x/q.scale[at(i)])) + float64(q.zero[at(i)])
		out[i] = int64(min(max(y, limit[0]), limit[1]))
	}
	c := format.Of(x.Name, x.Shape, out)
	return &c, nil
}

// unquantized is the name that a weight had before ONNX Runtime quantized it.
func unquantized(name string) string {
	const suffix = "_quantized"
	if len(name) > len(suffix) && name[len(name)-len(suffix):] == suffix {
		return name[:len(name)-len(suffix)]
	}
	return name
}

// quantize is QuantizeLinear of what comes of the image.
func quantize(t *translator, n *node, in []*value) ([]*value, error) {
	scale, zero, err := t.steps(n, in)
	if err != nil {
		return nil, err
	}
	v := in[0]
	q, err := t.quantizer(n, scale, zero, len(v.axes))
	if err != nil {
		return nil, err
	}
	t.quantized.pairs++
	nothingBelow := !slices.ContainsFunc(q.zero, func(z float32) bool { return float64(z) != bounds[q.dtype][0] })
	if !nothingBelow || v.at == input || t.nonnegative(v.at) {
		return []*value{v}, nil
	}
	out, err := t.elementwise(spec{op: graph.ReLU{}, name: "relu"}, v)
	if err == nil {
		t.quantized.cut = append(t.quantized.cut, out[0].at)
		t.quantized.largest = max(t.quantized.largest, slices.Max(q.scale)*float32(bounds[q.dtype][1]-bounds[q.dtype][0]))
	}
	return out, err
}

// cutAtSix makes ReLU6 of the ReLUs that QuantizeLinear stood for, if that is what they were: the largest number that any
// of them lets through is 6.
func (t *translator) cutAtSix() {
	if math.Abs(float64(t.quantized.largest)-6) > 0.05 {
		return
	}
	for _, at := range t.quantized.cut {
		t.made[at].op = graph.Clip{Min: 0, Max: 6}
	}
}

// dequantize is DequantizeLinear of what comes of the image: of a QuantizeLinear, or of bytes that are the image itself.
func dequantize(t *translator, n *node, in []*value) ([]*value, error) {
	if t.integers[n.in[0]] {
		return []*value{in[0]}, nil
	}
	scale, zero, err := t.steps(n, in)
	if err != nil {
		return nil, err
	}
	q, err := t.quantizer(n, scale, zero, len(in[0].axes))
	if err == nil && len(q.scale) > 1 {
		err = errors.New("it has a scale for each index of an axis")
	}
	if err != nil {
		return nil, err
	}
	return one(t.affine(in[0], repeated(q.scale[0], 1), repeated(-q.zero[0]*q.scale[0], 1)))
}

// steps are the second and third input of a node, nil for none.
func (t *translator) steps(n *node, in []*value) (scale, zero *constant, err error) {
	var c [2]*constant
	for i := range c {
		if len(in) > i+1 && in[i+1] != nil {
			if c[i] = in[i+1].c; c[i] == nil {
				return nil, nil, errors.New("its scale or zero point is computed from the image")
			}
		}
	}
	return c[0], c[1], nil
}

// nonnegative says whether a node gives no number below zero.
func (t *translator) nonnegative(at int) bool {
	if at == input {
		return false
	}
	m := t.made[at]
	switch op := m.op.(type) {
	case graph.ReLU, graph.Sigmoid, graph.HardSigmoid, graph.Softmax:
		return true
	case graph.Clip:
		return op.Min >= 0
	case graph.MaxPool, graph.AvgPool, graph.GAP, graph.Flatten, graph.Slice, graph.Concat, graph.Pad, graph.Resize, graph.Shuffle,
		graph.Add, graph.Mul, graph.Dropout:
		return !slices.ContainsFunc(m.in, func(in int) bool { return !t.nonnegative(in) })
	}
	return false
}

// inQuantized says whether a node works on the integers between a QuantizeLinear and its DequantizeLinear: these are
// left out, so only what treats numbers alike can be there.
func (t *translator) inQuantized(n *node) error {
	if !slices.ContainsFunc(n.in, func(name string) bool { return t.integers[name] }) {
		if n.op == "QuantizeLinear" {
			for _, out := range n.out {
				t.integers[out] = true
			}
		}
		return nil
	}
	switch n.op {
	case "DequantizeLinear":
		return nil
	case "MaxPool", "Reshape", "Flatten", "Transpose", "Squeeze", "Unsqueeze", "Identity", "Slice", "Split", "Gather", "Concat":
		for _, out := range n.out {
			t.integers[out] = true
		}
		return nil
	}
	return errors.New("it works on quantized numbers: of quantized nets those are translated that have a DequantizeLinear before each operator")
}
