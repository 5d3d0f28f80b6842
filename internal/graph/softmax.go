package graph

// Softmax is F.softmax along Axis.
type Softmax struct {
	Axis int `json:"axis,omitempty"`
}

var _ = define(Softmax{})

func (Softmax) Name() string { return "softmax" }

func (o Softmax) check() error { return checkAxis(o.Axis) }

func (o Softmax) infer(ins []Value) (Value, error) { return ins[0], hasAxis(ins[0], o.Axis) }

func (o Softmax) field(f field, ins []Value, _ Value) field { return f.across(ins[0], o.Axis) }
