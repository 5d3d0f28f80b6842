package graph

// Mul is the product of two or more inputs, shaped as for Add.
type Mul struct{}

var _ = define(Mul{})

func (Mul) Name() string { return "mul" }

func (Mul) arity() (lo, hi int) { return 2, maxInputs }

func (Mul) infer(ins []Value) (Value, error) { return broadcast(ins) }

func (Mul) field(f field, ins []Value, out Value) field { return f.spread(ins, out) }
