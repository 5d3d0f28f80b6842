package graph

import "fmt"

// LRN is F.local_response_norm: x / (K + Alpha/Window sum x^2)^Beta over Window neighboring channels.
type LRN struct {
	Window int     `json:"window,omitempty" needs:"the number of channels in the sum"` // PyTorch's size
	Alpha  float64 `json:"alpha,omitempty"`
	Beta   float64 `json:"beta,omitempty"`
	K      float64 `json:"k,omitempty" needs:"PyTorch's default is 1"` // above 0
}

var _ = define(LRN{})

func (LRN) Name() string { return "lrn" }

func (o LRN) check() error {
	if !(o.Alpha >= 0) {
		return fmt.Errorf("alpha %v is below 0", o.Alpha)
	}
	return first(within("window", o.Window, 1, maxSide), real("alpha", o.Alpha), real("beta", o.Beta), positive("k", o.K))
}

func (LRN) infer(ins []Value) (Value, error) {
	_, _, _, err := maps3(ins[0])
	return ins[0], err
}
