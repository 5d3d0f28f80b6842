package graph

// AvgPool is F.avg_pool2d; sizes as for MaxPool. A window's sum is divided by the number of elements in it: inside the
// input and its padding with PadCount, inside the input without.
type AvgPool struct {
	Kernel   Pair `json:"kernel,omitzero" needs:"[height, width]"`
	Stride   Pair `json:"stride,omitzero" needs:"PyTorch's default is the kernel"` // [y, x]
	Pad      Pair `json:"pad,omitzero"`                                            // on both sides of [y, x]
	Ceil     bool `json:"ceil,omitempty"`                                          // output size rounded up instead of down
	PadCount bool `json:"pad_count,omitempty"`                                     // the padding counts in the mean (PyTorch's count_include_pad)
}

var _ = define(AvgPool{})

func (AvgPool) Name() string { return "avgpool" }

func (o AvgPool) windows() windows { return windows{o.Kernel, o.Stride, o.Pad, Pair{1, 1}, o.Ceil} }

func (o AvgPool) check() error { return o.windows().check() }

func (o AvgPool) infer(ins []Value) (Value, error) { return o.windows().infer(ins[0]) }

func (o AvgPool) field(f field, ins []Value, _ Value) field { return o.windows().field(f, ins[0]) }
