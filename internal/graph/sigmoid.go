package graph

// Sigmoid is 1 / (1 + exp(-x)).
type Sigmoid struct{}

var _ = define(Sigmoid{})

func (Sigmoid) Name() string { return "sigmoid" }

func (Sigmoid) infer(ins []Value) (Value, error) { return ins[0], nil }
