package graph

// MaxPool is F.max_pool2d; Pad is at most half of Kernel and counts as minus infinity. Output size as for Conv; with
// Ceil it is rounded up, but no window may start beyond the input and its left padding.
type MaxPool struct {
	Kernel   Pair `json:"kernel,omitzero" needs:"[height, width]"`
	Stride   Pair `json:"stride,omitzero" needs:"PyTorch's default is the kernel"` // [y, x]
	Pad      Pair `json:"pad,omitzero"`                                            // on both sides of [y, x]
	Dilation Pair `json:"dilation,omitzero" needs:"[1, 1] is dense"`               // [y, x]
	Ceil     bool `json:"ceil,omitempty"`                                          // output size rounded up instead of down
}

var _ = define(MaxPool{})

func (MaxPool) Name() string { return "maxpool" }

func (o MaxPool) windows() windows { return windows{o.Kernel, o.Stride, o.Pad, o.Dilation, o.Ceil} }

func (o MaxPool) check() error {
	return first(o.windows().check(), o.Dilation.within("dilation", 1, maxWindow))
}

func (o MaxPool) infer(ins []Value) (Value, error) { return o.windows().infer(ins[0]) }

func (o MaxPool) field(f field, ins []Value, _ Value) field { return o.windows().field(f, ins[0]) }
