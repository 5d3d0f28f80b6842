package graph

// GELU is x Phi(x): Mode erf is exact, tanh the approximation 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))).
type GELU struct {
	Mode string `json:"mode,omitempty" needs:"erf or tanh"`
}

var _ = define(GELU{})

func (GELU) Name() string { return "gelu" }

func (o GELU) check() error { return oneOf("mode", o.Mode, "erf", "tanh") }

func (GELU) infer(ins []Value) (Value, error) { return ins[0], nil }
