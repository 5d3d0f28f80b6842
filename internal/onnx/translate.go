// Package onnx reads a net from an ONNX file: a CNN that PyTorch, TensorFlow or a model zoo has exported becomes a graph
// of this project's nodes with its parameters.
//
// It is translation, no arithmetic: shapes are known from the start, chains that compute shapes are folded away, and
// transposes and reshapes are followed as what they do to the order of axes (see value). What is left is a node of the
// graph for each layer.
//
// Files come from strangers. Tensors are views of the file, all else that a file makes us keep is counted, and sizes are
// checked before anything is made of them.
package onnx

import (
	"errors"
	"fmt"
	"slices"

	"herbarium/format"
	"herbarium/internal/graph"
)

// A translator makes nodes of our graph from those of an ONNX graph, in its order.
type translator struct {
	opset     int64
	values    map[string]*value
	made      []made
	twins     map[string]int // nodes without parameters, by all that they are
	lifted    map[int]int    // see lift
	in        graph.Shape    // of the graph's input
	batch     int            // images in the ONNX graph's input
	names     names
	current   *node
	open      Open
	quantized quantization
	integers  map[string]*quantizer // what the values between a QuantizeLinear and its DequantizeLinear stand for
	uses      map[string]int        // how many inputs of nodes, and outputs of the graph, a value is
	memory
}

// unknownBatch stands for a batch of free size: a prime that no other axis can be mistaken for.
const unknownBatch = 1_000_003

// node finds the values of a node's outputs. An error stays with the values, for one that nobody uses does no harm.
func (t *translator) node(n *node) error {
	in := make([]*value, len(n.in))
	for i, name := range n.in {
		if name == "" {
			continue // an optional input that is not there
		}
		if in[i] = t.values[name]; in[i] == nil {
			return fmt.Errorf("node %s uses %.120q, which no node before it gives: the graph has a cycle, or is not in order", n, name)
		}
	}
	t.current = n
	err := t.inQuantized(n)
	var out []*value
	if err == nil {
		out, err = t.translate(n, in)
	}
	if n.wrong != nil {
		err = n.wrong
	}
	if err != nil {
		var at *nodeError
		if !errors.As(err, &at) {
			err = &nodeError{n, err}
		}
	}
	for i, name := range n.out {
		v := &value{src: n, err: err}
		if err == nil && i < len(out) {
			v = out[i]
		} else if err == nil {
			v.err = &nodeError{n, fmt.Errorf("its output %d is used, which no CNN needs", i)}
		}
		if name == "" {
			continue
		}
		if t.values[name] != nil {
			return fmt.Errorf("node %s gives %.120q a second time", n, name)
		}
		t.values[name] = v
	}
	return nil
}

// A nodeError says which node could not be translated.
type nodeError struct {
	node *node
	err  error
}

func (e *nodeError) Error() string { return fmt.Sprintf("node %s: %v", e.node, e.err) }

func (e *nodeError) Unwrap() error { return e.err }

func (t *translator) translate(n *node, in []*value) ([]*value, error) {
	if withIntegers(n.op) {
		return nil, errIntegers
	}
	quantization := n.op == "QuantizeLinear" || n.op == "DequantizeLinear" // of ONNX Runtime's own domain before operator set 21, for 16 bits
	if n.domain != "" && n.domain != "ai.onnx" && !(quantization && n.domain == "com.microsoft") {
		return nil, fmt.Errorf("an operator of %.60q, not of ONNX itself: export without it, or if it is a function of the file, put it in line by onnx.inliner in Python", n.domain)
	}
	if v, err := t.pattern(n, in); v != nil || err != nil {
		return []*value{v}, err
	}
	constants := make([]*constant, len(in))
	folds := true
	for i, v := range in {
		switch {
		case v == nil:
		case v.err != nil:
			return nil, v.err
		case v.c == nil:
			folds = false
		default:
			constants[i] = v.c
		}
	}
	if folds && n.op == "Split" && len(in) > 0 && in[0] != nil {
		in[0].kept = true
		parts, err := t.parted(n, constants)
		var out []*value
		for _, c := range parts {
			out = append(out, &value{c: c, src: n})
		}
		return out, err
	}
	if folds {
		v, err := t.evaluate(n, in, constants)
		if err == nil {
			return []*value{v}, nil
		}
		if !errors.Is(err, errNotEvaluated) {
			return nil, err
		}
	}
	for _, v := range in {
		if v != nil {
			v.kept = true
		}
	}
	f, ok := operators[n.op]
	if !ok {
		return nil, errors.New("this operator is not among those that adopt translates")
	}
	switch {
	case len(in) == 0 || in[0] == nil:
		return nil, errors.New("its first input is missing")
	case n.op == "QuantizeLinear" || n.op == "DequantizeLinear":
	case in[0].c != nil && (folds || !slices.Contains(constantFirst, n.op)):
		v, err := t.asNode(in[0])
		if err != nil {
			return nil, err
		}
		in = slices.Clone(in)
		in[0] = v
	}
	out, err := f(t, n, in)
	for _, v := range out {
		if v != nil && v.src == nil {
			v.src = n
		}
	}
	return out, err
}

// constantFirst are operators that take a constant as their first input as it is.
var constantFirst = []string{"Add", "Sum", "Mul", "Sub", "Div", "Min", "Max", "MatMul", "Concat", "Where", "Gemm"}

// operators are those that work on images. Each gets a node and its inputs, of which at least one is no constant and
// none has an error; one that is absent is nil.
var operators map[string]func(t *translator, n *node, in []*value) ([]*value, error)

func init() {
	operators = map[string]func(t *translator, n *node, in []*value) ([]*value, error){
		"Conv": conv, "ConvTranspose": convTranspose, "BatchNormalization": batchNorm, "LayerNormalization": layerNorm, "InstanceNormalization": groupNorm,
		"GroupNormalization": groupNorm, "RMSNormalization": rmsNorm, "LpNormalization": lengths, "LRN": lrn, "Gemm": gemm, "MatMul": matMul, "Einsum": einsum,
		"MaxPool": pool, "AveragePool": pool, "GlobalAveragePool": globalPool, "GlobalMaxPool": globalPool,
		"Relu": unary, "LeakyRelu": unary, "PRelu": pRelu, "Clip": unary, "Sigmoid": unary, "HardSigmoid": unary, "HardSwish": unary,
		"Swish": unary, "Gelu": unary, "Neg": unary, "Softmax": softmax, "LogSoftmax": softmax, "Min": larger, "Max": larger,
		"Elu": exponential, "Selu": exponential, "Celu": exponential, "Sqrt": function, "Reciprocal": function, "Round": function,
		"Add": sum, "Sub": difference, "Sum": sum, "Mul": product, "Div": quotient, "Pow": power, "Where": where, "CumSum": cumulative, "Trilu": triangle,
		"Concat": concat, "Split": split, "Slice": slice, "Gather": gather, "GatherND": gather, "Pad": pad, "Resize": resize, "Upsample": resize,
		"Tile": tile, "DepthToSpace": depth, "SpaceToDepth": depth,
		"Transpose": transpose, "Reshape": reshape, "Flatten": reshape, "Squeeze": reshape, "Unsqueeze": reshape, "Expand": reshape,
		"Identity": same, "Dropout": same, "Cast": same, "QuantizeLinear": quantize, "DequantizeLinear": dequantize, "Shape": shapeOf, "Size": shapeOf,
	}
	for _, op := range []string{"ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceLogSum", "ReduceLogSumExp"} {
		operators[op] = reduce
	}
	for op := range functions {
		operators[op] = function
	}
}

// same passes its input on: casts between floats, and what does nothing in a net that is not trained.
func same(t *translator, n *node, in []*value) ([]*value, error) {
	switch n.op {
	case "Dropout":
		if len(in) > 2 && in[2] != nil {
			if on, ok := scalar(in[2].c); !ok || on != 0 {
				return nil, errors.New("it drops at random: export the net in eval mode")
			}
		}
	case "Cast":
		if to := types[n.int("to", 0)]; to != format.F16 && to != format.BF16 && to != format.F32 && to != format.F64 {
			return nil, errors.New("casts to a type that is no float")
		}
	}
	return []*value{in[0]}, nil
}

// shapeOf gives the shape of its input, all of it known.
func shapeOf(t *translator, n *node, in []*value) ([]*value, error) {
	var dims []int64
	size := int64(1)
	for _, d := range in[0].dims() {
		dims = append(dims, int64(d))
		size *= int64(d)
	}
	c := format.Of("", []int{len(dims)}, dims)
	if n.op == "Size" {
		c = format.Of("", nil, []int64{size})
	} else if from, to := n.int("start", 0), n.int("end", int64(len(dims))); from != 0 || to != int64(len(dims)) {
		part, err := sliceInts(dims, from, to)
		if err != nil {
			return nil, err
		}
		c = format.Of("", []int{len(part)}, part)
	}
	return []*value{{c: &c}}, nil
}

func sliceInts(list []int64, from, to int64) ([]int64, error) {
	n := int64(len(list))
	if from < 0 {
		from += n
	}
	if to < 0 {
		to += n
	}
	from, to = min(max(from, 0), n), min(max(to, 0), n)
	return list[from:max(from, to)], nil
}
