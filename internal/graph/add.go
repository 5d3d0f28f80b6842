package graph

// Add is the sum of two or more inputs of equal rank; an axis of size 1 is repeated to fit the others.
type Add struct{}

var _ = define(Add{})

func (Add) Name() string { return "add" }

func (Add) arity() (lo, hi int) { return 2, maxInputs }

func (Add) infer(ins []Value) (Value, error) { return broadcast(ins) }

func (Add) field(f field, ins []Value, out Value) field { return f.spread(ins, out) }
