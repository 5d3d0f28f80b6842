package graph

// Round is round(x Levels) / Levels, half to even. Its gradient is zero: it makes nets that hide gradients, to test
// that attacks notice.
type Round struct {
	Levels int `json:"levels,omitempty" needs:"the number of steps between 0 and 1"`
}

var _ = define(Round{})

func (Round) Name() string { return "round" }

func (o Round) check() error { return within("levels", o.Levels, 1, maxSide) }

func (Round) infer(ins []Value) (Value, error) { return ins[0], nil }
