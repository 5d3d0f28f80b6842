package graph

// Pow is torch.pow: x^Exponent. 0.5 is the square root, -1 the reciprocal.
type Pow struct {
	Exponent float64 `json:"exponent,omitempty" needs:"0.5 for a square root"`
}

var _ = define(Pow{})

func (Pow) Name() string { return "pow" }

func (o Pow) check() error { return real("exponent", o.Exponent) }

func (Pow) infer(ins []Value) (Value, error) { return ins[0], nil }
