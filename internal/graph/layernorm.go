package graph

// LayerNorm is F.layer_norm over Axes, at each index of the others by itself: weight and bias of the sizes of Axes.
// Without Axes it is over axis 0, the channels at each position of [C,H,W], or [C]. Tokens [T,C] have Axes [1].
type LayerNorm struct {
	Eps  float64 `json:"eps,omitempty" needs:"PyTorch's default is 1e-5"` // added to the variance, above 0
	Axes []int   `json:"axes,omitempty"`                                  // rising; [0] if left out
}

var _ = define(LayerNorm{})

func (LayerNorm) Name() string { return "layernorm" }

// Over are the axes.
func (o LayerNorm) Over() []int {
	if o.Axes == nil {
		return []int{0}
	}
	return o.Axes
}

func (o LayerNorm) check() error { return first(positive("eps", o.Eps), checkAxes(o.Over())) }

func (o LayerNorm) infer(ins []Value) (Value, error) {
	axes := o.Over()
	return ins[0], hasAxis(ins[0], axes[len(axes)-1])
}

func (o LayerNorm) field(f field, ins []Value, _ Value) field { return f.across(ins[0], o.Over()...) }

func (o LayerNorm) params(in Value) []Param {
	var shape []int
	for _, a := range o.Over() {
		shape = append(shape, in[a].Size)
	}
	return []Param{{Name: ".weight", Shape: shape, Initial: Initial{Mean: 1}}, {Name: ".bias", Shape: shape}}
}
