package graph

import (
	"fmt"
	"math"
)

// ConvTranspose is F.conv_transpose2d: weight [C, Out/Groups, kh, kw], bias [Out] if Bias. Output size:
// (H - 1) Stride - 2 Pad + Dilation (Kernel-1) + Extra + 1.
type ConvTranspose struct {
	Out      int  `json:"out,omitempty" needs:"the number of channels"`
	Kernel   Pair `json:"kernel,omitzero" needs:"[height, width]"`
	Stride   Pair `json:"stride,omitzero" needs:"[1, 1] puts nothing between"` // [y, x]
	Pad      Pair `json:"pad,omitzero"`                                        // what is cut off on both sides of [y, x]
	Extra    Pair `json:"extra,omitzero"`                                      // PyTorch's output_padding, behind
	Dilation Pair `json:"dilation,omitzero" needs:"[1, 1] is dense"`           // [y, x]
	Groups   int  `json:"groups,omitempty" needs:"1 is dense"`
	Bias     bool `json:"bias,omitempty"` // has NAME.bias
}

var _ = define(ConvTranspose{})

func (ConvTranspose) Name() string { return "convtranspose" }

func (o ConvTranspose) check() error {
	err := first(within("out", o.Out, 1, maxSide), within("groups", o.Groups, 1, maxSide),
		o.Kernel.within("kernel", 1, maxWindow), o.Stride.within("stride", 1, maxWindow), o.Pad.within("pad", 0, maxWindow),
		o.Extra.within("extra", 0, maxWindow), o.Dilation.within("dilation", 1, maxWindow))
	if err != nil {
		return err
	}
	for a := range 2 {
		if o.Extra[a] >= max(o.Stride[a], o.Dilation[a]) {
			return fmt.Errorf("extra %v is not below stride %v or dilation %v", o.Extra, o.Stride, o.Dilation)
		}
	}
	if o.Out%o.Groups != 0 {
		return fmt.Errorf("%d output channels cannot be split into %d groups", o.Out, o.Groups)
	}
	return nil
}

func (o ConvTranspose) infer(ins []Value) (Value, error) {
	c, _, _, err := maps3(ins[0])
	if err != nil {
		return nil, err
	}
	if c%o.Groups != 0 {
		return nil, fmt.Errorf("%d input channels cannot be split into %d groups", c, o.Groups)
	}
	out := Value{channels(o.Out), {}, {}}
	for a := range 2 {
		n := (ins[0][a+1].Size-1)*o.Stride[a] - 2*o.Pad[a] + o.Dilation[a]*(o.Kernel[a]-1) + o.Extra[a] + 1
		if n < 1 || n > maxSide {
			return nil, fmt.Errorf("it makes %d pixels", n)
		}
		out[a+1] = ins[0][a+1].resized(n)
	}
	return out, nil
}

// Output i is made of the inputs (i + Pad - Dilation k) / Stride for k from 0 to Kernel-1, where that is whole.
func (o ConvTranspose) field(f field, ins []Value, _ Value) field {
	for a := range 2 {
		stride := float64(o.Stride[a])
		lo := float64(o.Pad[a]-o.Dilation[a]*(o.Kernel[a]-1)) / stride
		hi := float64(o.Pad[a]) / stride
		f = f.windowOf(ins[0], a+1, lo, hi, 1/stride)
	}
	return f
}

func (o ConvTranspose) macs(ins []Value, out Value) float64 {
	return elements(ins[0]) * float64(o.Out/o.Groups) * float64(o.Kernel[0]) * float64(o.Kernel[1])
}

// PyTorch's.
func (o ConvTranspose) params(in Value) []Param {
	area := o.Out / o.Groups * o.Kernel[0] * o.Kernel[1]
	ps := []Param{{Name: ".weight", Shape: []int{in[0].Size, o.Out / o.Groups, o.Kernel[0], o.Kernel[1]}, Decay: true,
		Initial: Initial{Deviation: math.Sqrt(1 / (3 * float64(area)))}}}
	if o.Bias {
		ps = append(ps, Param{Name: ".bias", Shape: []int{o.Out}, Initial: uniform(area)})
	}
	return ps
}
