package graph

// Noise adds a normal random number times Sigma to each element, in train and in eval mode: it makes nets that answer
// at random, to test that attacks notice.
type Noise struct {
	Sigma float64 `json:"sigma,omitempty" needs:"the standard deviation"`
}

var _ = define(Noise{})

func (Noise) Name() string { return "noise" }

func (o Noise) check() error { return positive("sigma", o.Sigma) }

func (Noise) infer(ins []Value) (Value, error) { return ins[0], nil }
