package graph

import "fmt"

// BN is F.batch_norm over each channel, axis 0, of [C], [C,H,W] or any other rank: weight, bias, running_mean,
// running_var, all [C]. In train mode it normalizes by the batch's mean and biased variance and moves the running
// statistics by Momentum toward the batch's mean and unbiased variance; in eval mode it normalizes by the running
// statistics.
type BN struct {
	Eps      float64 `json:"eps,omitempty" needs:"PyTorch's default is 1e-5"` // added to the variance, above 0
	Momentum float64 `json:"momentum,omitempty"`                              // share of the batch in the running statistics' update
}

var _ = define(BN{})

func (BN) Name() string { return "bn" }

func (o BN) check() error {
	if !(o.Momentum >= 0 && o.Momentum <= 1) {
		return fmt.Errorf("momentum %v is not within 0 and 1", o.Momentum)
	}
	return positive("eps", o.Eps)
}

func (BN) infer(ins []Value) (Value, error) { return ins[0], hasAxis(ins[0], 0) }

func (BN) params(in Value) []Param {
	c := []int{in[0].Size}
	return []Param{
		{Name: ".weight", Shape: c, Initial: Initial{Mean: 1}},
		{Name: ".bias", Shape: c},
		{Name: ".running_mean", Shape: c, Buffer: true},
		{Name: ".running_var", Shape: c, Buffer: true, Initial: Initial{Mean: 1}},
	}
}
