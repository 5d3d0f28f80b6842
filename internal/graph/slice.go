package graph

import (
	"errors"
	"fmt"
	"slices"
)

// Slice is x[:, start:stop:step, ...] over all axes of the item.
type Slice struct {
	Start []int `json:"start,omitempty" needs:"the first index on each axis"` // first index, per axis
	Stop  []int `json:"stop,omitempty"`                                       // index after the last, per axis; 0 is the end of the axis
	Step  []int `json:"step,omitempty" needs:"for each axis, 1 to take all"`  // per axis, at least 1
}

var _ = define(Slice{})

func (Slice) Name() string { return "slice" }

func (o Slice) check() error {
	rank := len(o.Start)
	if rank < 1 || rank > maxRank || len(o.Step) != rank || o.Stop != nil && len(o.Stop) != rank {
		return errors.New("start, step and (if there) stop need one number for each axis")
	}
	for a := range rank {
		err := first(within("start", o.Start[a], 0, maxSide), within("step", o.Step[a], 1, maxSide))
		if o.Stop != nil && o.Stop[a] != 0 {
			err = first(err, within("stop", o.Stop[a], o.Start[a]+1, maxSide))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (o Slice) infer(ins []Value) (Value, error) {
	if err := sameRank(ins[0], len(o.Start)); err != nil {
		return nil, err
	}
	out := slices.Clone(ins[0])
	for a, axis := range ins[0] {
		stop := axis.Size
		if o.Stop != nil && o.Stop[a] != 0 {
			stop = o.Stop[a]
		}
		if o.Start[a] >= stop || stop > axis.Size {
			return nil, fmt.Errorf("%d:%d is outside axis %d", o.Start[a], stop, a)
		}
		if start := o.Start[a]; start > 0 && start <= axis.Prefix && stop == axis.Size && o.Step[a] == 1 {
			out[a] = Axis{axis.Size - start, axis.Prefix - start, axis.Parts}
			continue
		}
		out[a] = axis.resized((stop-o.Start[a]-1)/o.Step[a] + 1)
	}
	return out, nil
}

func (o Slice) field(f field, ins []Value, out Value) field {
	for a, axis := range ins[0] {
		if out[a].Size == axis.Size && o.Step[a] == 1 || axis.Prefix > 0 && out[a].positional() { // tokens, of which positions stay as they are
			continue
		}
		f = f.windowOf(ins[0], a, float64(o.Start[a]), float64(o.Start[a]), float64(o.Step[a]))
	}
	return f
}

// sameRank fails unless a value has as many axes as an attribute speaks of.
func sameRank(v Value, rank int) error {
	if len(v) == rank {
		return nil
	}
	return fmt.Errorf("needs an input of %d axes, not %d", rank, len(v))
}
