package graph

// ELU is F.elu: x where x > 0, else Alpha (exp(x) - 1).
type ELU struct {
	Alpha float64 `json:"alpha,omitempty" needs:"PyTorch's default is 1"`
}

var _ = define(ELU{})

func (ELU) Name() string { return "elu" }

func (o ELU) check() error { return real("alpha", o.Alpha) }

func (ELU) infer(ins []Value) (Value, error) { return ins[0], nil }
