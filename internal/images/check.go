package images

import (
	"fmt"
	"slices"

	"herbarium/format"
	"herbarium/internal/errs"
)

// Check holds a batch, which FromDocument has read, to what format/ITEMS.md asks for beyond that: known keys with values of
// their type, and maps in their shape, of finite numbers. An error names the item.
func (b *Batch) Check() error {
	types := Keys()
	for i, it := range b.Items {
		if err := it.check(types); err != nil {
			return b.in(i, err)
		}
	}
	for i := range b.Extra {
		if err := b.checkMaps(&b.Extra[i]); err != nil {
			return err
		}
	}
	_, _, err := b.Heat()
	return err
}

func (b *Batch) in(i int, err error) error {
	return fmt.Errorf("item %d (%s): %w", i, b.Items[i].Name(), err)
}

// checkPixels looks at the values of pictures, and of those that they were made from.
func (b *Batch) checkPixels() error {
	shape := b.Shape()
	if b.F32 != nil {
		pixels := format.Of(ImageTensor, shape, b.F32)
		if err := b.checkIntensities(&pixels); err != nil {
			return err
		}
		b.clip()
	}
	for i := range b.Extra {
		t := &b.Extra[i]
		if t.Name != SourceTensor {
			continue
		}
		if t.DType != format.U8 && t.DType != format.F32 || !slices.Equal(t.Shape, shape) {
			return fmt.Errorf("tensor %q is %s %v, want U8 or F32 %v: for each picture the one that it was made from", t.Name, t.DType, t.Shape, shape)
		}
		if err := b.checkIntensities(t); err != nil {
			return err
		}
	}
	return nil
}

// checkMaps checks a tensor that says something of each pixel. Heat checks the shape of heat.
func (b *Batch) checkMaps(t *format.Tensor) error {
	switch t.Name {
	case AlphaTensor:
		if want := []int{b.Len(), b.Height, b.Width}; t.DType != format.F32 || !slices.Equal(t.Shape, want) {
			return fmt.Errorf("tensor %q is %s %v, want F32 %v", t.Name, t.DType, t.Shape, want)
		}
	case HeatTensor:
		if t.DType != format.F32 {
			return fmt.Errorf("tensor %q is %s, want F32", t.Name, t.DType)
		}
	default:
		return nil
	}
	return b.eachItem(t, func(values []float32) error {
		if at := slices.IndexFunc(values, func(v float32) bool { return !finite(v) }); at >= 0 {
			return fmt.Errorf("tensor %q has %v at %v: want a finite number", t.Name, values[at], index(at, t.Shape[1:]))
		}
		return nil
	})
}

// roundingError is how far outside of [0,1] arithmetic may leave an intensity: a quarter of an 8-bit step.
const roundingError = 1.0 / 1024

// checkIntensities wants the values of a tensor [N,C,H,W] to be in [0,1], but for a rounding error.
func (b *Batch) checkIntensities(t *format.Tensor) error {
	if t.DType != format.F32 {
		return nil
	}
	return b.eachItem(t, func(values []float32) error {
		least, most := float32(0), float32(1)
		for at, v := range values {
			if !finite(v) {
				return errs.Hint(fmt.Errorf("tensor %q has %v at %v, want pixels from 0 to 1", t.Name, v, index(at, t.Shape[1:])),
					"what made the image has failed")
			}
			least, most = min(least, v), max(most, v)
		}
		if least >= -roundingError && most <= 1+roundingError {
			return nil
		}
		err := fmt.Errorf("tensor %q has values from %v to %v, want pixels from 0 to 1", t.Name, slices.Min(values), slices.Max(values))
		switch {
		case least < -roundingError:
			return errs.Hint(err, "undo the normalization: it belongs into the net, and images are as they are seen")
		case most > 2:
			return errs.Hint(err, "divide by 255, or write them as U8, which is from 0 to 255")
		}
		return errs.Hint(err, "clip them")
	})
}

// clip removes the rounding errors that checkIntensities lets pass, from a copy: the document may be passed on.
func (b *Batch) clip() {
	if !slices.ContainsFunc(b.F32, func(v float32) bool { return v < 0 || v > 1 }) {
		return
	}
	b.F32 = slices.Clone(b.F32)
	for i, v := range b.F32 {
		b.F32[i] = min(max(v, 0), 1)
	}
}

func finite(v float32) bool { return v-v == 0 }

// eachItem looks at the values of each item of a tensor F32 [N,...] of any shape.
func (b *Batch) eachItem(t *format.Tensor, check func(values []float32) error) error {
	values, err := format.Values[float32](t)
	if err != nil {
		return fmt.Errorf("tensor %q: %w", t.Name, err)
	}
	size := len(values) / b.Len()
	for i := range b.Len() {
		if err := check(values[i*size : (i+1)*size]); err != nil {
			return b.in(i, err)
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
