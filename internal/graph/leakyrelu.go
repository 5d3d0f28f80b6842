package graph

// LeakyReLU is x where x > 0, else Slope x.
type LeakyReLU struct {
	Slope float64 `json:"slope,omitempty"`
}

var _ = define(LeakyReLU{})

func (LeakyReLU) Name() string { return "leakyrelu" }

func (o LeakyReLU) check() error { return real("slope", o.Slope) }

func (LeakyReLU) infer(ins []Value) (Value, error) { return ins[0], nil }
