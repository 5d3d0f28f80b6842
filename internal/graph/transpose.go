package graph

import "fmt"

// Transpose is torch.permute: axis i of the output is axis Order[i] of the input.
type Transpose struct {
	Order []int `json:"order,omitempty" needs:"each axis once"`
}

var _ = define(Transpose{})

func (Transpose) Name() string { return "transpose" }

func (o Transpose) check() error {
	if len(o.Order) == 0 || len(o.Order) > maxRank {
		return fmt.Errorf("order needs 1 to %d numbers, not %d", maxRank, len(o.Order))
	}
	seen := map[int]bool{}
	for _, a := range o.Order {
		if err := within("order", a, 0, len(o.Order)-1); err != nil {
			return err
		}
		if seen[a] {
			return fmt.Errorf("order %v names axis %d twice", o.Order, a)
		}
		seen[a] = true
	}
	return nil
}

func (o Transpose) infer(ins []Value) (Value, error) {
	if err := sameRank(ins[0], len(o.Order)); err != nil {
		return nil, err
	}
	out := make(Value, len(o.Order))
	for i, a := range o.Order {
		out[i] = ins[0][a]
	}
	return out, nil
}
