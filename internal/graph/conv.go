package graph

import (
	"fmt"
	"math"
)

// Conv is F.conv2d with zero padding: weight [Out, C/Groups, kh, kw], bias [Out] if Bias. Output size:
// (H + 2 Pad - Dilation (Kernel-1) - 1) / Stride + 1, rounded down.
type Conv struct {
	Out      int  `json:"out,omitempty" needs:"the number of channels"`
	Kernel   Pair `json:"kernel,omitzero" needs:"[height, width]"`
	Stride   Pair `json:"stride,omitzero" needs:"[1, 1] leaves nothing out"` // [y, x]
	Pad      Pair `json:"pad,omitzero"`                                      // on both sides of [y, x]
	Dilation Pair `json:"dilation,omitzero" needs:"[1, 1] is dense"`         // [y, x]
	Groups   int  `json:"groups,omitempty" needs:"1 is dense"`
	Bias     bool `json:"bias,omitempty"` // has NAME.bias
}

var _ = define(Conv{})

func (Conv) Name() string { return "conv" }

func (o Conv) check() error {
	err := first(within("out", o.Out, 1, maxSide), within("groups", o.Groups, 1, maxSide),
		o.Kernel.within("kernel", 1, maxWindow), o.Stride.within("stride", 1, maxWindow),
		o.Pad.within("pad", 0, maxWindow), o.Dilation.within("dilation", 1, maxWindow))
	if err != nil {
		return err
	}
	if o.Out%o.Groups != 0 {
		return fmt.Errorf("%d output channels cannot be split into %d groups", o.Out, o.Groups)
	}
	return nil
}

func (o Conv) windows() windows { return windows{o.Kernel, o.Stride, o.Pad, o.Dilation, false} }

func (o Conv) infer(ins []Value) (Value, error) {
	v, err := o.windows().infer(ins[0])
	if err != nil {
		return nil, err
	}
	if c := ins[0][0].Size; c%o.Groups != 0 {
		return nil, fmt.Errorf("%d input channels cannot be split into %d groups", c, o.Groups)
	}
	v[0] = channels(o.Out)
	return v, nil
}

func (o Conv) field(f field, ins []Value, _ Value) field { return o.windows().field(f, ins[0]) }

func (o Conv) macs(ins []Value, out Value) float64 {
	return elements(out) * float64(ins[0][0].Size/o.Groups) * float64(o.Kernel[0]) * float64(o.Kernel[1])
}

// He et al., ICCV 2015, as torchvision's ResNets: variance 2/fan_out. Biases are PyTorch's.
func (o Conv) params(in Value) []Param {
	each := in[0].Size / o.Groups
	area := o.Kernel[0] * o.Kernel[1]
	ps := []Param{{Name: ".weight", Shape: []int{o.Out, each, o.Kernel[0], o.Kernel[1]}, Decay: true,
		Initial: Initial{Deviation: math.Sqrt(2 / float64(o.Out*area))}}}
	if o.Bias {
		ps = append(ps, Param{Name: ".bias", Shape: []int{o.Out}, Initial: uniform(each * area)})
	}
	return ps
}
