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
	value  graph.Value          // of the output, with what its axes mean
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
	return t.made[at].value.Shape()
}

func (t *translator) meaning(at int) graph.Value {
	if at == input {
		return graph.Images(t.in)
	}
	return t.made[at].value
}

// picture says whether a node is a map [C,H,W] of an image, or its channels [C] alone.
func (t *translator) picture(at int) bool {
	l := t.meaning(at).Layout()
	return l.Plain() && (len(t.shape(at)) == 1 || len(t.shape(at)) == 3 && l.Spatial)
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
	values := make([]graph.Value, len(in))
	for i, at := range in {
		values[i] = t.meaning(at)
	}
	v, err := graph.InferValue(s.op, values...)
	if err != nil {
		return 0, err
	}
	m := made{op: s.op, in: in, value: v, params: s.params}
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
	if len(t.shape(at)) != 1 {
		return 0, errors.New("its input is no image")
	}
	m := t.made[at]
	up, err := at, error(nil)
	switch op := m.op.(type) {
	case graph.Flatten:
		if s := t.shape(m.in[0]); len(s) == 3 && s[1] == 1 && s[2] == 1 {
			up = m.in[0]
		}
	case graph.Linear, graph.Add, graph.Mul, graph.Affine, graph.BN, graph.ReLU, graph.LeakyReLU, graph.Clip, graph.Sigmoid, graph.HardSigmoid, graph.HardSwish,
		graph.SiLU, graph.GELU, graph.LayerNorm, graph.Dropout:
		m.in = slices.Clone(m.in)
		for i := range m.in {
			if m.in[i], err = t.lift(m.in[i]); err != nil {
				return 0, err
			}
		}
		m.value = graph.Images(graph.Shape{t.shape(at)[0], 1, 1})
		if linear, ok := op.(graph.Linear); ok {
			w := *m.params["weight"]
			w.Shape = []int{w.Shape[0], w.Shape[1], 1, 1}
			m.params = withParam(m.params, "weight", &w)
			m.op = conv1x1(linear.Out, linear.Bias)
		}
		up, err = t.add(m)
	}
	if err == nil && up == at {
		up, err = t.emit(spec{op: graph.Reshape{Shape: []int{t.shape(at)[0], 1, 1}}}, at)
	}
	if err != nil {
		return 0, err
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
