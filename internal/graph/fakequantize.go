package graph

import "fmt"

// FakeQuantize is torch.fake_quantize_per_channel_affine, which is ONNX's QuantizeLinear and the DequantizeLinear after it:
// scale (min(max(round(x / scale) + zero, Min), Max) - zero), half to even, with a scale and a zero point for each index
// along Axis, or one of each.
//
// Its gradient is the straight-through estimator: one (Bengio, Léonard and Courville 2013, arXiv:1308.3432), but zero below
// an end that stands for 0. Where files of quantized nets have that, it is all that is left of a ReLU. The other ends are
// only where calibration has seen no more: PyTorch's zeros beyond them stop ascent at once, for noise drives logits below
// theirs, and hide from attacks what moves the answer.
type FakeQuantize struct {
	Scale []float64 `json:"scale,omitempty" needs:"the length of a step, or one for each index along axis"`
	Zero  []int     `json:"zero,omitempty" needs:"the level that stands for 0, or one for each index along axis"`
	Min   int       `json:"min,omitempty"` // lowest and highest level
	Max   int       `json:"max,omitempty"`
	Axis  int       `json:"axis,omitempty"`
}

// maxLevel is the last level up to which float32 has all integers.
const maxLevel = 1 << 24

var _ = define(FakeQuantize{})

func (FakeQuantize) Name() string { return "fakequantize" }

func (o FakeQuantize) check() error {
	if err := first(checkAxis(o.Axis), within("min", o.Min, -maxLevel, maxLevel), within("max", o.Max, -maxLevel, maxLevel),
		rising("min", float64(o.Min), "max", float64(o.Max))); err != nil {
		return err
	}
	if len(o.Scale) == 0 || len(o.Scale) != len(o.Zero) {
		return fmt.Errorf("scale and zero need equally many numbers, not %d and %d", len(o.Scale), len(o.Zero))
	}
	for i := range o.Scale {
		if err := first(positive("scale", float64(float32(o.Scale[i]))), within("zero", o.Zero[i], o.Min, o.Max)); err != nil {
			return err
		}
	}
	return nil
}

func (o FakeQuantize) infer(ins []Value) (Value, error) {
	if err := hasAxis(ins[0], o.Axis); err != nil {
		return nil, err
	}
	if n, size := len(o.Scale), ins[0][o.Axis].Size; n != 1 && n != size {
		return nil, fmt.Errorf("has %d scales for axis %d of size %d", n, o.Axis, size)
	}
	return ins[0], nil
}
