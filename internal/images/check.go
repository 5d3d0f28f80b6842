package images

import (
	"fmt"
	"math"
	"slices"

	"herbarium/format"
)

// Check holds a batch, which FromDocument has read, to everything that format/ITEMS.md asks for beyond that: pixels and
// originals within [0,1], tensors of known names in their shape, finite numbers, known keys with values of their type.
// An error names the item.
func (b *Batch) Check() error {
	types := Keys()
	for i, it := range b.Items {
		if err := it.check(types); err != nil {
			return b.in(i, err)
		}
	}
	if b.F32 != nil {
		pixels := format.Of(ImageTensor, b.Shape(), b.F32)
		if err := b.checkIntensities(&pixels); err != nil {
			return err
		}
	}
	for i := range b.Extra {
		if err := b.checkExtra(&b.Extra[i]); err != nil {
			return err
		}
	}
	_, _, err := b.Heat()
	return err
}

func (b *Batch) in(i int, err error) error {
	return fmt.Errorf("item %d (%s): %w", i, b.Items[i].Name(), err)
}

// checkExtra checks a tensor that tools know beside image and label. Heat checks the shape of heat.
func (b *Batch) checkExtra(t *format.Tensor) error {
	shape := b.Shape()
	switch t.Name {
	case SourceTensor:
		if t.DType != format.U8 && t.DType != format.F32 || !slices.Equal(t.Shape, shape) {
			return fmt.Errorf("tensor %q is %s %v, want U8 or F32 %v: for each picture the one that it was made from", t.Name, t.DType, t.Shape, shape)
		}
		return b.checkIntensities(t)
	case AlphaTensor:
		if want := []int{shape[0], shape[2], shape[3]}; t.DType != format.F32 || !slices.Equal(t.Shape, want) {
			return fmt.Errorf("tensor %q is %s %v, want F32 %v", t.Name, t.DType, t.Shape, want)
		}
	case HeatTensor:
		if t.DType != format.F32 {
			return fmt.Errorf("tensor %q is %s, want F32", t.Name, t.DType)
		}
	default:
		return nil
	}
	return b.eachValue(t, func(v float32) string {
		if v := float64(v); math.IsNaN(v) || math.IsInf(v, 0) {
			return "want a finite number"
		}
		return ""
	})
}

// checkIntensities wants the values of a tensor [N,C,H,W] to be in [0,1].
func (b *Batch) checkIntensities(t *format.Tensor) error {
	if t.DType != format.F32 {
		return nil
	}
	return b.eachValue(t, func(v float32) string {
		if !(v >= 0 && v <= 1) { // NaN, too
			return "pixels are RGB from 0 to 1, or U8 from 0 to 255; normalization belongs into the net"
		}
		return ""
	})
}

// eachValue looks at the values of a tensor F32 [N,...] of any shape; what wrong says of one becomes an error.
func (b *Batch) eachValue(t *format.Tensor, wrong func(float32) string) error {
	values, err := format.Values[float32](t)
	if err != nil {
		return fmt.Errorf("tensor %q: %w", t.Name, err)
	}
	size := max(len(values)/b.Len(), 1)
	for at, v := range values {
		if text := wrong(v); text != "" {
			return b.in(at/size, fmt.Errorf("tensor %q has %v at %v: %s", t.Name, v, index(at%size, t.Shape[1:]), text))
		}
	}
	return nil
}

// index is the index along each axis of element at of a row-major array.
func index(at int, shape []int) []int {
	out := make([]int, len(shape))
	for a := len(shape) - 1; a >= 0; a-- {
		out[a] = at % shape[a]
		at /= shape[a]
	}
	return out
}
