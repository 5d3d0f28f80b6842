package graph

import (
	"fmt"
	"maps"
	"slices"
)

// An Op is what a node computes, exactly as PyTorch's function of the name given defines it: a value of one of the types
// of this package, whose exported fields are its attributes, each with a tag json:"name,omitempty" (omitzero for pairs) and,
// where zero is no value, needs:"what it is". Each op is one file here, which says what it takes and gives
// without computing it, and one of the same name in internal/net, which computes it.
//
// Shapes in attributes leave out the batch, so axis 0 is PyTorch's dimension 1. Attributes have no hidden defaults: what
// an op uses is written down, except that false, 0 and [0,0] are left out of the JSON, and that layernorm without axes, as
// nets of before have it, is over axis 0. An attribute that is never zero has
// the tag needs, which says to whoever has forgotten it what it is.
//
// An op may have more methods, each where it differs from the usual:
//
//	arity() (min, max int)                       how many inputs it takes; one
//	check() error                                whether its attributes are in range; they are
//	field(in []field, ins []Value, out Value) field   what of the graph's input an output sees; what the input sees
//	macs(ins []Value, out Value) float64         multiply-adds for one item; none
//	params(in Value) []Param                     its parameters, Name being what follows the node's name; none
type Op interface {
	// Name is what the op is called in a graph's JSON.
	Name() string
	// infer returns what comes out for what goes in. Inputs are as many as arity allows, and attributes are in range.
	infer(ins []Value) (Value, error)
}

// ops has the zero value of every op by its name.
var ops = map[string]Op{}

// define makes an op known to those who read graphs.
func define(op Op) struct{} {
	if ops[op.Name()] != nil {
		panic("graph: two ops named " + op.Name())
	}
	ops[op.Name()] = op
	return struct{}{}
}

// Ops returns the zero value of every op, by name.
func Ops() []Op {
	var all []Op
	for _, name := range slices.Sorted(maps.Keys(ops)) {
		all = append(all, ops[name])
	}
	return all
}

// arity is how many inputs an op takes, at least and at most.
func arity(op Op) (lo, hi int) {
	if op, ok := op.(interface{ arity() (lo, hi int) }); ok {
		return op.arity()
	}
	return 1, 1
}

// maps3 returns the sizes of a value that an op needs to be [C,H,W].
func maps3(v Value) (c, h, w int, err error) {
	if len(v) != 3 {
		return 0, 0, 0, fmt.Errorf("needs an input of shape [C,H,W]")
	}
	return v[0].Size, v[1].Size, v[2].Size, nil
}

// checkAxis checks an attribute that names an axis.
func checkAxis(axis int) error { return within("axis", axis, 0, maxRank-1) }

// hasAxis fails if a value has no such axis.
func hasAxis(v Value, axis int) error {
	if axis >= len(v) {
		return fmt.Errorf("has no axis %d", axis)
	}
	return nil
}

// checkAxes checks an attribute that names some axes, rising and at least one.
func checkAxes(axes []int) error {
	if len(axes) == 0 || len(axes) > maxRank {
		return fmt.Errorf("axes need 1 to %d numbers, not %d", maxRank, len(axes))
	}
	for i, a := range axes {
		if err := checkAxis(a); err != nil {
			return err
		}
		if i > 0 && a <= axes[i-1] {
			return fmt.Errorf("axes %v do not rise", axes)
		}
	}
	return nil
}
