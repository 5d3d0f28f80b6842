package graph

import "fmt"

// Dropout is F.dropout: in train mode each element is zero with probability Rate, else divided by 1-Rate; in eval mode
// the identity.
type Dropout struct {
	Rate float64 `json:"rate,omitempty"` // probability of zero, below 1
}

var _ = define(Dropout{})

func (Dropout) Name() string { return "dropout" }

func (o Dropout) check() error {
	if !(o.Rate >= 0 && o.Rate < 1) {
		return fmt.Errorf("rate %v is not at least 0 and below 1", o.Rate)
	}
	return nil
}

func (Dropout) infer(ins []Value) (Value, error) { return ins[0], nil }
