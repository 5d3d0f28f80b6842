package graph

import (
	"fmt"
	"slices"
)

// Concat is torch.cat of two or more inputs along Axis.
type Concat struct {
	Axis int `json:"axis,omitempty"` // 0 channels, 1 height, 2 width of [C,H,W]
}

var _ = define(Concat{})

func (Concat) Name() string { return "concat" }

func (Concat) arity() (lo, hi int) { return 2, maxInputs }

func (o Concat) check() error { return checkAxis(o.Axis) }

// What means nothing in front of positions is tokens that are no positions, such as a class token.
func (o Concat) infer(ins []Value) (Value, error) {
	out := slices.Clone(ins[0])
	if err := hasAxis(out, o.Axis); err != nil {
		return nil, err
	}
	joined := out[o.Axis]
	for _, in := range ins[1:] {
		if len(in) != len(out) {
			return nil, fmt.Errorf("cannot be joined with %v", in.Shape())
		}
		for a := range in {
			if a != o.Axis && in[a].Size != out[a].Size {
				return nil, fmt.Errorf("cannot be joined with %v along axis %d", in.Shape(), o.Axis)
			}
			if a != o.Axis {
				out[a] = out[a].meet(in[a])
			}
		}
		if joined = joined.follow(in[o.Axis]); joined.Size > maxSide {
			return nil, fmt.Errorf("axis %d grows beyond %d", o.Axis, maxSide)
		}
	}
	out[o.Axis] = joined
	return out, nil
}

// follow is the axis with another behind it.
func (a Axis) follow(b Axis) Axis {
	n := a.Size + b.Size
	for _, of := range []Role{Channels, Rows, Columns} {
		if a.is(of) && b.is(of) {
			return whole(of, n)
		}
	}
	if len(a.Parts) == 0 && b.positional() {
		return Axis{n, a.Size + b.Prefix, b.Parts}
	}
	return Axis{Size: n}
}

func (o Concat) field(f field, ins []Value, out Value) field {
	positional := 0
	for _, in := range ins {
		if in[o.Axis].positional() {
			positional++
		}
	}
	if positional > 1 || positional == 1 && !out[o.Axis].positional() {
		return field{whole: true}
	}
	return f
}
