package onnx

import (
	"fmt"
	"strings"
	"unicode"
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
		wrong            error  // an attribute was of another type than what was asked for
		scopes           string // modules that the node comes from, as PyTorch's exporter of 2.5 and later writes them
	}
	attribute struct {
		name   string
		typ    int64 // of what it holds; 0 in the oldest files
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
	op = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, op)
	return fmt.Sprintf("%.60s %.120q", op, name)
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

// Types of attributes, as AttributeProto.AttributeType numbers them.
const (
	aFloat       = 1
	anInteger    = 2
	aText        = 3
	aTensor      = 4
	listOfFloats = 6
	integers     = 7
)

var typeNames = map[int64]string{aFloat: "a float", anInteger: "an integer", aText: "a text", aTensor: "a tensor", 5: "a graph",
	listOfFloats: "a list of floats", integers: "a list of integers", 8: "a list of texts"}

// typed returns the attribute of that name, or nil. That it holds something else than typ is the node's error: a default
// in its place would be another net.
func (n *node) typed(name string, typ int64) *attribute {
	a := n.attr(name)
	if a != nil && a.typ != 0 && a.typ != typ {
		is := typeNames[a.typ]
		if is == "" {
			is = fmt.Sprintf("of ONNX's type %d", a.typ)
		}
		n.wrong = fmt.Errorf("its attribute %s is %s, not %s", name, is, typeNames[typ])
		return nil
	}
	return a
}

func (n *node) int(name string, missing int64) int64 {
	if a := n.typed(name, anInteger); a != nil {
		return a.i
	}
	return missing
}

func (n *node) float(name string, missing float32) float64 {
	if a := n.typed(name, aFloat); a != nil {
		return float64(a.f)
	}
	return float64(missing)
}

func (n *node) text(name, missing string) string {
	if a := n.typed(name, aText); a != nil {
		return a.s
	}
	return missing
}
