package onnx

import (
	"fmt"
	"strings"
)

// The parts of ONNX's messages (onnx.proto3 of github.com/onnx/onnx, IR version 13) that a net is made of. The numbers
// in the decoding functions are the fields' numbers there.
type (
	modelProto struct {
		opset int64 // version of the standard operators
		graph *graphProto
	}
	graphProto struct {
		nodes           []*node
		initializers    []*tensorProto
		inputs, outputs []valueInfo
	}
	node struct {
		op, domain, name string
		in, out          []string
		attributes       []attribute
		scopes           string // modules that the node comes from, as PyTorch's exporter of 2.5 and later writes them
	}
	attribute struct {
		name   string
		f      float32
		i      int64
		s      string
		ints   []int64
		floats []byte // little-endian
		t      *tensorProto
	}
	valueInfo struct {
		name   string
		elem   int64 // type of the elements, as in tensorProto
		dims   []int64
		tensor bool // it is a tensor of known rank
	}
	tensorProto struct {
		name       string
		dims       []int64
		elem       int64
		raw        []byte // the elements, little-endian
		fixed      []byte // the same of float_data and double_data
		varints    []int64
		isExternal bool // the elements are in another file:
		external   []entry
	}
	entry struct{ key, value string }
)

// free is the size of an axis that the file leaves open.
const free = -1

// String says which node it is: Conv "/layer1/conv1/Conv".
func (n *node) String() string {
	name := n.name
	if name == "" && len(n.out) > 0 {
		name = n.out[0]
	}
	op := n.op
	if n.domain != "" {
		op = n.domain + "." + op
	}
	return fmt.Sprintf("%.60s %.120q", strings.ToValidUTF8(op, "?"), name)
}

// attr returns the attribute of that name, or nil.
func (n *node) attr(name string) *attribute {
	for i := range n.attributes {
		if n.attributes[i].name == name {
			return &n.attributes[i]
		}
	}
	return nil
}

func (n *node) int(name string, missing int64) int64 {
	if a := n.attr(name); a != nil {
		return a.i
	}
	return missing
}

func (n *node) float(name string, missing float32) float64 {
	if a := n.attr(name); a != nil {
		return float64(a.f)
	}
	return float64(missing)
}

func (n *node) text(name, missing string) string {
	if a := n.attr(name); a != nil {
		return a.s
	}
	return missing
}
