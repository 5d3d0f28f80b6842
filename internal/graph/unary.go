package graph

import "slices"

// Unary is a function of each number by itself that PyTorch has under the name Function, without parameters: in torch, or
// in torch.nn.functional.
type Unary struct {
	Function string `json:"function,omitempty" needs:"tanh, for example"`
}

// Functions are those that Unary knows.
func Functions() []string { return slices.Clone(functions) }

var functions = []string{"abs", "ceil", "cos", "erf", "exp", "floor", "log", "mish", "sign", "sin", "softplus", "softsign", "tanh"}

var _ = define(Unary{})

func (Unary) Name() string { return "unary" }

func (o Unary) check() error { return oneOf("function", o.Function, functions...) }

func (Unary) infer(ins []Value) (Value, error) { return ins[0], nil }
