package graph

import (
	"fmt"
	"slices"
)

// broadcast returns what comes of inputs of equal rank that are repeated along axes of size 1 to fit each other. An axis
// means what it means in the first input that has it whole and knows.
func broadcast(ins []Value) (Value, error) {
	out := slices.Clone(ins[0])
	for _, in := range ins[1:] {
		if len(in) != len(out) {
			return nil, fmt.Errorf("cannot be combined with %v", in.Shape())
		}
		for a := range in {
			if out[a].Size != in[a].Size && out[a].Size != 1 && in[a].Size != 1 {
				return nil, fmt.Errorf("cannot be combined with %v", in.Shape())
			}
			out[a] = out[a].meet(in[a])
		}
	}
	return out, nil
}

// meet is what comes of two axes that fit each other.
func (a Axis) meet(b Axis) Axis {
	if b.Size > a.Size || b.Size == a.Size && len(a.Parts) == 0 {
		return b
	}
	return a
}
