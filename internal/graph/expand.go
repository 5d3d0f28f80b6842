package graph

import (
	"fmt"
	"slices"
)

// Expand is torch.expand of the item to Shape: axes of size 1 are repeated, the others must fit.
type Expand struct {
	Shape []int `json:"shape,omitempty" needs:"the sizes of the axes, without the batch"`
}

var _ = define(Expand{})

func (Expand) Name() string { return "expand" }

func (o Expand) check() error {
	if len(o.Shape) == 0 || len(o.Shape) > maxRank {
		return fmt.Errorf("shape needs 1 to %d numbers, not %d", maxRank, len(o.Shape))
	}
	_, err := product(o.Shape...)
	return err
}

func (o Expand) infer(ins []Value) (Value, error) {
	if err := sameRank(ins[0], len(o.Shape)); err != nil {
		return nil, err
	}
	out := slices.Clone(ins[0])
	for a, d := range o.Shape {
		if out[a].Size != d && out[a].Size != 1 {
			return nil, fmt.Errorf("axis %d of size %d cannot become %d", a, out[a].Size, d)
		}
		out[a] = out[a].resized(d)
	}
	return out, nil
}

func (o Expand) field(f field, ins []Value, out Value) field { return f.spread(ins, out) }
