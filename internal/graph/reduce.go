package graph

import "slices"

// Reduce takes torch.mean, sum or amax, or the Euclidean length (torch.linalg.vector_norm), over Axes.
type Reduce struct {
	Mode string `json:"mode,omitempty" needs:"mean, sum, max or l2"`
	Axes []int  `json:"axes,omitempty" needs:"the axes to reduce, rising"`
	Keep bool   `json:"keep,omitempty"` // the axes stay, with size 1
}

var _ = define(Reduce{})

func (Reduce) Name() string { return "reduce" }

func (o Reduce) check() error {
	return first(oneOf("mode", o.Mode, "mean", "sum", "max", "l2"), checkAxes(o.Axes))
}

func (o Reduce) infer(ins []Value) (Value, error) {
	if err := hasAxis(ins[0], o.Axes[len(o.Axes)-1]); err != nil {
		return nil, err
	}
	var out Value
	for a, axis := range ins[0] {
		switch {
		case !slices.Contains(o.Axes, a):
			out = append(out, axis)
		case o.Keep:
			out = append(out, axis.resized(1))
		}
	}
	return out, nil
}

func (o Reduce) field(f field, ins []Value, _ Value) field { return f.across(ins[0], o.Axes...) }
