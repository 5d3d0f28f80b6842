package onnx

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"herbarium/format"
	"herbarium/internal/graph"
)

// A quantized net, as QuantizeLinear and DequantizeLinear around a float graph (QDQ) write it, is adopted as the floats that
// it computes with: weights are dequantized, and a QuantizeLinear of what comes of the image becomes a node fakequantize,
// which does its DequantizeLinear, too. It cuts off as well as it rounds: a ReLU before a quantization without numbers
// below zero is left out of such files, for the pair does the same.

// quantization counts what is said of it.
type quantization struct{ weights, pairs int }

func (q quantization) notes() []string {
	if q.weights+q.pairs == 0 {
		return nil
	}
	return []string{fmt.Sprintf("quantized: %d weights and biases are the floats that they stand for, and %d roundings between layers are done as in the file, by nodes fakequantize", q.weights, q.pairs)}
}

// bounds are the bounds of what QuantizeLinear makes.
var bounds = map[format.DType][2]float64{format.U8: {0, 255}, format.I8: {-128, 127}, format.I16: {-1 << 15, 1<<15 - 1}, format.I32: {-1 << 31, 1<<31 - 1}}

// unsigned16 is ONNX's number for a type that streams do not have.
const unsigned16 = 4

var errUnsigned16 = errors.New("it has unsigned integers of 16 bits: quantize to signed ones (activation_type=QuantType.QInt16 of onnxruntime's quantize_static)")

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
	if to := n.int("output_dtype", 0); to != 0 {
		if to == unsigned16 {
			return nil, errUnsigned16
		}
		if q.dtype = types[to]; bounds[q.dtype][1] == 0 {
			return nil, fmt.Errorf("it makes ONNX's type %d, which is none of integers of 8 bits and signed ones of 16", to)
		}
	}
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

// quantize is QuantizeLinear of what comes of the image, and the DequantizeLinear that is to follow.
func quantize(t *translator, n *node, in []*value) ([]*value, error) {
	v := in[0]
	q, err := t.stepsOf(n, in)
	if err != nil {
		return nil, err
	}
	if len(q.scale) > 1 {
		if v, err = t.featuresFirst(v, q.axis); err != nil {
			return nil, err
		}
	}
	limit := bounds[q.dtype]
	op := graph.FakeQuantize{Min: int(limit[0]), Max: int(limit[1])}
	for i := range q.scale {
		op.Scale, op.Zero = append(op.Scale, float64(q.scale[i])), append(op.Zero, int(q.zero[i]))
	}
	t.quantized.pairs++
	t.integers[n.out[0]] = q
	return t.elementwise(spec{op: op, name: "fakequantize"}, v)
}

// dequantize is DequantizeLinear of what comes of the image: of a QuantizeLinear, or of bytes that are the image itself.
func dequantize(t *translator, n *node, in []*value) ([]*value, error) {
	q, err := t.stepsOf(n, in)
	if err != nil {
		return nil, err
	}
	if from := t.integers[n.in[0]]; from != nil {
		if !slices.Equal(q.scale, from.scale) || !slices.Equal(q.zero, from.zero) || len(q.scale) > 1 && q.axis != from.axis {
			return nil, errors.New("its scale or zero point is not that of the QuantizeLinear before it")
		}
		return []*value{in[0]}, nil
	}
	if len(q.scale) > 1 {
		return nil, errors.New("it has a scale for each index of an axis")
	}
	return one(t.affine(in[0], repeated(q.scale[0], 1), repeated(-q.zero[0]*q.scale[0], 1)))
}

// stepsOf is the quantizer of a node on what comes of the image.
func (t *translator) stepsOf(n *node, in []*value) (*quantizer, error) {
	var c [2]*constant
	for i := range c {
		if len(in) > i+1 && in[i+1] != nil {
			if c[i] = in[i+1].c; c[i] == nil {
				return nil, errors.New("its scale or zero point is computed from the image")
			}
		}
	}
	return t.quantizer(n, c[0], c[1], len(in[0].axes))
}

// errIntegers is of what computes with the integers of a quantized net.
var errIntegers = errors.New("it computes with integers: quantize in the QDQ format, which has a DequantizeLinear before each operator (quant_format=QuantFormat.QDQ of onnxruntime's quantize_static), or adopt the net as it was before")

// withIntegers says whether an operator is one of those that compute with integers, of ONNX or of ONNX Runtime.
func withIntegers(op string) bool {
	return strings.HasPrefix(op, "QLinear") || strings.HasSuffix(op, "Integer") || strings.HasPrefix(op, "Dynamic") ||
		slices.Contains([]string{"QGemm", "QAttention", "MatMulIntegerToFloat", "MatMulNBits"}, op)
}

// inQuantized says whether a node works on the integers between a QuantizeLinear and its DequantizeLinear: in our graph
// these are floats already, so only what moves or compares numbers can be there.
func (t *translator) inQuantized(n *node) error {
	var q *quantizer
	for _, name := range n.in {
		switch from := t.integers[name]; {
		case from == nil:
		case q == nil || slices.Equal(q.scale, from.scale) && slices.Equal(q.zero, from.zero) && len(q.scale) == 1:
			q = from
		default:
			return errors.New("it joins integers of different scales")
		}
	}
	if q == nil || n.op == "DequantizeLinear" {
		return nil
	}
	switch n.op {
	case "MaxPool", "Reshape", "Flatten", "Transpose", "Squeeze", "Unsqueeze", "Identity", "Slice", "Split", "Gather", "Concat":
		if len(q.scale) > 1 && n.op != "MaxPool" && n.op != "Identity" {
			return errors.New("it moves integers that have a scale for each index of an axis")
		}
		for _, out := range n.out {
			t.integers[out] = q
		}
		return nil
	}
	return errIntegers
}
