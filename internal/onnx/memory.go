package onnx

import (
	"errors"
	"slices"
	"strings"
)

// A file may make us keep a few times its size, and compute some more than that.
type memory struct {
	left   int // bytes of constants that may still be kept
	all    int // that might have been
	worked int // bytes that were made
}

const (
	floor = 256 << 20 // bytes for any file
	much  = 16        // bytes made for each that may be kept: weights that are standardized pass through a dozen operators
)

// account lets a file's tensors be made float32 if they are halves, and be transposed.
func (m *memory) account(data []byte) {
	m.left += 4 * len(data)
	m.all += 4 * len(data)
}

// spend counts bytes that are made, not read.
func (m *memory) spend(bytes int) error {
	m.left -= bytes
	m.worked += bytes
	if m.left < 0 || m.worked > much*max(m.all, floor) {
		return errors.New("the graph's constants take more memory than the file accounts for")
	}
	return nil
}

// evaluate is fold. What it needed beside its result is given back; and, where the result shares no memory with its inputs,
// what these took, once no other node has a use for them.
func (t *translator) evaluate(n *node, in []*value, constants []*constant) (*value, error) {
	before := t.left
	c, err := t.fold(n, constants)
	if err != nil {
		return nil, err
	}
	out := &value{c: c, src: n}
	if _, fresh := calculations[n.op]; !fresh && !strings.HasPrefix(n.op, "Reduce") && !slices.Contains([]string{"Clip", "MatMul", "Transpose", "BatchNormalization"}, n.op) {
		for _, v := range in {
			if v != nil {
				v.kept = true
			}
		}
		return out, nil
	}
	out.cost = len(c.Data)
	t.left = before - out.cost
	for i, v := range in {
		if v == nil || v.kept || v.cost < 1<<10 || t.uses[n.in[i]] != 1 {
			continue
		}
		t.left += v.cost
		v.c, v.err = nil, errors.New("it is gone")
	}
	return out, nil
}
