package graph

import (
	"errors"
	"slices"
)

// Pad is F.pad by Before and After on each axis: Mode zeros on any, reflect (edge not repeated) on height and width of
// [C,H,W], where it must be less than the side.
type Pad struct {
	Mode   string `json:"mode,omitempty" needs:"zeros or reflect"`
	Before []int  `json:"before,omitempty" needs:"a number for each axis"` // elements added in front, per axis
	After  []int  `json:"after,omitempty" needs:"a number for each axis"`  // elements added behind, per axis
}

var _ = define(Pad{})

func (Pad) Name() string { return "pad" }

func (o Pad) check() error {
	rank := len(o.Before)
	if rank < 1 || rank > maxRank || len(o.After) != rank {
		return errors.New("before and after need one number for each axis")
	}
	for a := range rank {
		if err := first(within("before", o.Before[a], 0, maxSide), within("after", o.After[a], 0, maxSide)); err != nil {
			return err
		}
	}
	if o.Mode == "reflect" && (rank != 3 || o.Before[0] != 0 || o.After[0] != 0) {
		return errors.New("reflect works along height and width only")
	}
	return oneOf("mode", o.Mode, "zeros", "reflect")
}

func (o Pad) infer(ins []Value) (Value, error) {
	if err := sameRank(ins[0], len(o.Before)); err != nil {
		return nil, err
	}
	out := slices.Clone(ins[0])
	for a, axis := range ins[0] {
		if o.Mode == "reflect" && max(o.Before[a], o.After[a]) >= axis.Size {
			return nil, errors.New("cannot reflect more pixels than there are beside the edge")
		}
		out[a] = axis.resized(o.Before[a] + axis.Size + o.After[a])
	}
	return out, nil
}

func (o Pad) field(f field, ins []Value, out Value) field {
	for a, axis := range ins[0] {
		if out[a].Size != axis.Size {
			f = f.windowOf(ins[0], a, float64(-o.Before[a]), float64(-o.Before[a]), 1)
		}
	}
	return f
}
