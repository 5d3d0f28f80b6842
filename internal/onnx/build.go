package onnx

import (
	"errors"
	"fmt"
	"slices"

	"herbarium/internal/graph"
)

// A made node is a node of the graph to be. Nodes are numbered as they are made, so each comes after its inputs.
type made struct {
	op     graph.Op
	in     []int                // numbers of nodes, or input
	shape  graph.Shape          // of the output
	params map[string]*constant // by suffix, such as "weight"; shapes are those that the node wants
	name   string               // that it should have, if no other has it
	module string               // dotted path of the module that it is in, or is
	given  bool                 // its name says which module it is in
}

// maxMade bounds what a file can make of few nodes: a Gather of many channels is a node for each.
const maxMade = 20_000

func (t *translator) shape(at int) graph.Shape {
	if at == input {
		return t.in
	}
	return t.made[at].shape
}

// A spec is an op with its attributes, to be made a node.
type spec struct {
	op     graph.Op
	params map[string]*constant
	name   string // suffix to the name, if this is not what the ONNX node is mainly
}

func shuffle(groups int) spec {
	return spec{op: graph.Shuffle{Groups: groups}, name: "shuffle"}
}

var flatten = spec{op: graph.Flatten{}, name: "flatten"}

// emit makes a node and returns its number. A node without parameters that is there already, on the same inputs, is not
// made again.
func (t *translator) emit(s spec, in ...int) (int, error) {
	key := ""
	if len(s.params) == 0 {
		key = fmt.Sprintf("%T%+v%v", s.op, s.op, in)
		if at, ok := t.twins[key]; ok {
			return at, nil
		}
	}
	shapes := make([]graph.Shape, len(in))
	for i, at := range in {
		shapes[i] = t.shape(at)
	}
	shape, err := graph.Infer(s.op, shapes...)
	if err != nil {
		return 0, err
	}
	m := made{op: s.op, in: in, shape: shape, params: s.params}
	m.name, m.module, m.given = t.names.of(t.current, &s)
	at, err := t.add(m)
	if err == nil && key != "" {
		t.twins[key] = at
	}
	return at, err
}

func (t *translator) add(m made) (int, error) {
	if len(t.made) == maxMade {
		return 0, fmt.Errorf("more than %d nodes come of this graph", maxMade)
	}
	t.made = append(t.made, m)
	return len(t.made) - 1, nil
}

// lift returns a node [C,1,1] of the same numbers as node at: itself, or what was there before they were flattened,
// with linear layers as convolutions. Exporters write squeeze-and-excitation both ways.
func (t *translator) lift(at int) (int, error) {
	if len(t.shape(at)) == 3 {
		return at, nil
	}
	if at == input {
		return 0, errors.New("its input is no image")
	}
	if up, ok := t.lifted[at]; ok {
		return up, nil
	}
	m := t.made[at]
	var up int
	switch op := m.op.(type) {
	case graph.Flatten:
		if s := t.shape(m.in[0]); s[1] != 1 || s[2] != 1 {
			return 0, fmt.Errorf("its input [%d] was an image of %dx%d before it was flattened, and is wanted as an image again", m.shape[0], s[1], s[2])
		}
		up = m.in[0]
	case graph.Slice, graph.Pad, graph.Softmax:
		return 0, fmt.Errorf("its input comes from a %s of single numbers and is wanted as an image", op.Name())
	default:
		m.in = slices.Clone(m.in)
		for i := range m.in {
			in, err := t.lift(m.in[i])
			if err != nil {
				return 0, err
			}
			m.in[i] = in
		}
		m.shape = graph.Shape{m.shape[0], 1, 1}
		if linear, ok := op.(graph.Linear); ok {
			w := *m.params["weight"]
			w.Shape = []int{w.Shape[0], w.Shape[1], 1, 1}
			m.params = withParam(m.params, "weight", &w)
			m.op = conv1x1(linear.Out, linear.Bias)
		}
		var err error
		if up, err = t.add(m); err != nil {
			return 0, err
		}
	}
	t.lifted[at] = up
	return up, nil
}

func conv1x1(out int, bias bool) graph.Conv {
	one := graph.Pair{1, 1}
	return graph.Conv{Out: out, Kernel: one, Stride: one, Dilation: one, Groups: 1, Bias: bias}
}

// withParam returns params with one of them replaced or added.
func withParam(params map[string]*constant, suffix string, c *constant) map[string]*constant {
	out := map[string]*constant{suffix: c}
	for k, v := range params {
		if k != suffix {
			out[k] = v
		}
	}
	return out
}
