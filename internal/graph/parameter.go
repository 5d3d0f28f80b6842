package graph

import "fmt"

// Parameter is a learned constant, the same for every item: a class token, position embeddings, a table of biases. Its
// tensor is called NAME itself, as a parameter of a PyTorch module is.
type Parameter struct {
	Shape  []int `json:"shape,omitempty" needs:"the sizes of its axes"`
	Buffer bool  `json:"buffer,omitempty"` // not trained: a mask, a table
}

var _ = define(Parameter{})

func (Parameter) Name() string { return "parameter" }

func (Parameter) arity() (lo, hi int) { return 0, 0 }

func (o Parameter) check() error {
	if len(o.Shape) == 0 || len(o.Shape) > maxRank {
		return fmt.Errorf("shape needs 1 to %d numbers, not %d", maxRank, len(o.Shape))
	}
	_, err := product(o.Shape...)
	return err
}

func (o Parameter) infer([]Value) (Value, error) {
	var v Value
	for _, d := range o.Shape {
		v = append(v, Axis{Size: d})
	}
	return v, nil
}

// The deviation of the embeddings of vision transformers (Dosovitskiy et al., ICLR 2021, and timm).
func (o Parameter) params(Value) []Param {
	return []Param{{Name: "", Shape: o.Shape, Buffer: o.Buffer, Initial: Initial{Deviation: 0.02}}}
}
