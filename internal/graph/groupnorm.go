package graph

import "fmt"

// GroupNorm is F.group_norm: axis 0, the channels, in Groups of neighbors, each normalized with all positions by its mean
// and biased variance; then weight and bias [C] for each channel. As many groups as channels is an instance norm.
type GroupNorm struct {
	Groups int     `json:"groups,omitempty" needs:"how many, 1 for all channels together"`
	Eps    float64 `json:"eps,omitempty" needs:"PyTorch's default is 1e-5"` // added to the variance, above 0
}

var _ = define(GroupNorm{})

func (GroupNorm) Name() string { return "groupnorm" }

func (o GroupNorm) check() error {
	return first(within("groups", o.Groups, 1, maxSide), positive("eps", o.Eps))
}

func (o GroupNorm) infer(ins []Value) (Value, error) {
	if err := hasAxis(ins[0], 0); err != nil {
		return nil, err
	}
	if c := ins[0][0].Size; c%o.Groups != 0 {
		return nil, fmt.Errorf("%d channels cannot be split into %d groups", c, o.Groups)
	}
	return ins[0], nil
}

func (o GroupNorm) field(f field, ins []Value, _ Value) field {
	axes := make([]int, len(ins[0]))
	for a := range axes {
		axes[a] = a
	}
	return f.across(ins[0], axes...)
}

func (GroupNorm) params(in Value) []Param {
	c := []int{in[0].Size}
	return []Param{{Name: ".weight", Shape: c, Initial: Initial{Mean: 1}}, {Name: ".bias", Shape: c}}
}
