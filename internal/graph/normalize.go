package graph

import "fmt"

// Normalize is (x - Mean[c]) / Std[c]. The first node of a net, so that everything outside the net is in [0,1].
type Normalize struct {
	Mean []float64 `json:"mean,omitempty" needs:"one number per channel"`
	Std  []float64 `json:"std,omitempty" needs:"one number per channel, above 0"`
}

var _ = define(Normalize{})

func (Normalize) Name() string { return "normalize" }

func (o Normalize) check() error {
	if len(o.Mean) == 0 || len(o.Mean) != len(o.Std) {
		return fmt.Errorf("mean and std need one value per channel each, not %d and %d", len(o.Mean), len(o.Std))
	}
	for c := range o.Mean {
		if !finite(o.Mean[c]) || !finite(o.Std[c]) || o.Std[c] <= 0 {
			return fmt.Errorf("mean %v and std %v of channel %d: want finite numbers, and std above 0", o.Mean[c], o.Std[c], c)
		}
	}
	return nil
}

func (o Normalize) infer(ins []Value) (Value, error) {
	if err := hasAxis(ins[0], 0); err != nil {
		return nil, err
	}
	if c := ins[0][0].Size; c != len(o.Mean) {
		return nil, fmt.Errorf("has mean and std of %d channels, the input has %d", len(o.Mean), c)
	}
	return ins[0], nil
}
