package onnx

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"path"

	"herbarium/internal/graph"
)

// Options say what a file leaves open.
type Options struct {
	Input, Output string // names of the input and output to use; "" for the only one
	Side          int    // pixels of the input's side; 0 for what the file says, or DefaultSide
	Open          Open   // reads files that hold tensors; what it is asked for is checked by it
}

// DefaultSide is the side of the images of a net that takes any.
const DefaultSide = 224

// Is says whether the content of a file looks like an ONNX model: it begins with the fields that writers put first,
// ir_version and then one of the next. That it is sound is for Read to say.
func Is(data []byte) bool {
	if len(data) < 3 || data[0] != 1<<3 || data[1] == 0 || data[1] >= 0x80 {
		return false
	}
	safetensors := len(data) > 8 && data[8] == '{' && binary.LittleEndian.Uint64(data) < uint64(len(data))
	return !safetensors && bytes.IndexByte([]byte{2<<3 | 2, 3<<3 | 2, 4<<3 | 2, 5 << 3, 6<<3 | 2, 7<<3 | 2, 8<<3 | 2}, data[2]) >= 0
}

// Read makes a net of an ONNX file. Its first node normalizes by mean 0 and deviation 1, as no file says how images are. Its parameters share memory with data where that holds float32. notes are lines for
// the user: what was left out, and what looks odd. The error is one line and names what it is about.
func Read(data []byte, o Options) (net *graph.Net, notes []string, err error) {
	m, err := decode(data)
	if err != nil {
		return nil, nil, err
	}
	if m.opset < 7 {
		return nil, nil, fmt.Errorf("it uses operator set %d, and adopt translates those from 7 on: onnx.version_converter in Python brings it there", m.opset)
	}
	in, err := choose("input", m.graph.inputs, o.Input, m.graph.initializers)
	if err != nil {
		return nil, nil, err
	}
	size, order, notes, err := look(in, o.Side)
	if err != nil {
		return nil, nil, err
	}
	end, note, err := m.graph.end(o.Output)
	if err != nil {
		return nil, nil, err
	}
	notes = append(notes, note...)
	batches := []int{unknownBatch, 1} // of free size, or free by name while the graph wants 1
	if in.tensor && in.dims[0] != free {
		batches = []int{clamp(in.dims[0])}
	}
	for _, b := range batches {
		t := &translator{opset: m.opset, values: map[string]*value{}, twins: map[string]int{}, lifted: map[int]int{}, integers: map[string]*quantizer{},
			in: size, batch: b, uses: map[string]int{}, memory: memory{left: floor, all: floor}}
		t.account(data)
		t.open = t.accounted(o.Open)
		if net, err = t.read(m.graph, in.name, end, order); err == nil {
			notes = append(notes, t.quantized.notes()...)
			if t.odd(net.Graph) {
				notes = append(notes, "the graph begins with arithmetic by constants on its input: if that is its normalization, --norm none")
			}
			return net, notes, nil
		}
	}
	return nil, nil, err
}

// accounted reads each file once, and accounts for its content.
func (t *translator) accounted(open Open) Open {
	read := map[string][]byte{}
	return func(name string) ([]byte, error) {
		name = path.Clean(name) // a file has as many names as one likes: ./x, ././x
		if data, ok := read[name]; ok {
			return data, nil
		}
		data, err := open(name)
		if err == nil {
			read[name] = data
			t.account(data)
		}
		return data, err
	}
}

// read translates what the value end needs.
func (t *translator) read(g *graphProto, in, end string, order []int) (*graph.Net, error) {
	nodes, err := g.needed(end)
	if err != nil {
		return nil, err
	}
	t.uses[end]++
	for _, n := range nodes {
		for _, name := range n.in {
			t.uses[name]++
		}
	}
	for _, p := range g.initializers {
		if t.values[p.name] != nil {
			return nil, fmt.Errorf("two initializers named %.120q", p.name)
		}
		v := &value{}
		if t.values[p.name] = v; t.uses[p.name] == 0 {
			continue // its elements may be in a file that there is no need to read
		}
		if v.c, v.err = p.constant(t.open); v.err != nil {
			v.c, v.err = nil, fmt.Errorf("initializer %.120q: %w", p.name, v.err)
		}
	}
	for _, other := range g.inputs {
		if t.values[other.name] == nil {
			t.values[other.name] = &value{err: fmt.Errorf("it needs input %.60q, too: a net of one input is wanted", other.name)}
		}
	}
	t.values[in] = t.arranged(input, order)
	t.names = newNames(nodes)
	for _, n := range nodes {
		if err := t.node(n); err != nil {
			return nil, err
		}
	}
	v := t.values[end]
	switch {
	case v == nil:
		return nil, fmt.Errorf("no node gives the output %.120q", end)
	case v.err != nil:
		return nil, v.err
	case v.c != nil:
		return nil, fmt.Errorf("the output %.120q does not depend on the image", end)
	}
	at, logits, err := t.answer(v)
	if err != nil {
		return nil, fmt.Errorf("the output %.120q: %w", end, err)
	}
	return t.assemble(at, logits)
}

// needed are the nodes that a value comes from, in the file's order.
func (g *graphProto) needed(end string) ([]*node, error) {
	by := map[string]int{}
	for i, n := range g.nodes {
		for _, out := range n.out {
			if _, ok := by[out]; ok && out != "" {
				return nil, fmt.Errorf("node %s gives %.120q a second time", n, out)
			}
			by[out] = i
		}
	}
	use := make([]bool, len(g.nodes))
	for todo := []string{end}; len(todo) > 0; {
		name := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if i, ok := by[name]; ok && !use[i] {
			use[i] = true
			todo = append(todo, g.nodes[i].in...)
		}
	}
	var out []*node
	for i, n := range g.nodes {
		if use[i] {
			out = append(out, n)
		}
	}
	return out, nil
}
