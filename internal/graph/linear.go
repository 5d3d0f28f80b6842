package graph

// Linear is F.linear along the last axis: weight [Out, C], bias [Out] if Bias, on [C], on tokens [T,C] or on any other
// rank.
type Linear struct {
	Out  int  `json:"out,omitempty" needs:"the number of features"`
	Bias bool `json:"bias,omitempty"` // has NAME.bias
}

var _ = define(Linear{})

func (Linear) Name() string { return "linear" }

func (o Linear) check() error { return within("out", o.Out, 1, maxSide) }

// A linear map of positions to as many, as mixers have, gives positions; everything else it makes is features.
func (o Linear) infer(ins []Value) (Value, error) {
	in := ins[0]
	if err := hasAxis(in, 0); err != nil {
		return nil, err
	}
	last := len(in) - 1
	out := append(Value{}, in[:last]...)
	if in[last].positional() && in[last].Size == o.Out {
		return append(out, in[last]), nil
	}
	return append(out, channels(o.Out)), nil
}

func (o Linear) field(f field, ins []Value, _ Value) field { return f.across(ins[0], len(ins[0])-1) }

func (o Linear) macs(ins []Value, out Value) float64 {
	return elements(out) * float64(ins[0][len(ins[0])-1].Size)
}

// PyTorch's.
func (o Linear) params(in Value) []Param {
	c := in[len(in)-1].Size
	ps := []Param{{Name: ".weight", Shape: []int{o.Out, c}, Decay: true, Initial: uniform(c)}}
	if o.Bias {
		ps = append(ps, Param{Name: ".bias", Shape: []int{o.Out}, Initial: uniform(c)})
	}
	return ps
}
