package graph

// Affine is weight[c] x + bias[c], c being the index along Axis: weight [C], bias [C] if Bias. A learned scale, or
// arithmetic by constants.
type Affine struct {
	Bias bool `json:"bias,omitempty"` // has NAME.bias
	Axis int  `json:"axis,omitempty"`
}

var _ = define(Affine{})

func (Affine) Name() string { return "affine" }

func (o Affine) check() error { return checkAxis(o.Axis) }

func (o Affine) infer(ins []Value) (Value, error) { return ins[0], hasAxis(ins[0], o.Axis) }

func (o Affine) params(in Value) []Param {
	c := []int{in[o.Axis].Size}
	ps := []Param{{Name: ".weight", Shape: c, Initial: Initial{Mean: 1}}}
	if o.Bias {
		ps = append(ps, Param{Name: ".bias", Shape: c})
	}
	return ps
}
