package score

import (
	"fmt"
	"slices"

	"herbarium/format"
	"herbarium/internal/images"
)

// mostBytes is how many bytes of pixels are kept of originals, or of photos to choose a threshold on.
const mostBytes = 1 << 30

// Originals are what pictures were made from, by name. Nil means that each batch brings its own.
type Originals struct {
	byName map[string]format.Tensor // [1,C,H,W]
	bytes  int
}

// Add keeps the pictures of a batch.
func (o *Originals) Add(b *images.Batch) error {
	if o.byName == nil {
		o.byName = map[string]format.Tensor{}
	}
	all := pixels(b)
	if o.bytes += len(all.Data); o.bytes > mostBytes {
		return fmt.Errorf("more than %d MiB of originals; give those of these images only", mostBytes>>20)
	}
	for i, item := range b.Items {
		if _, twice := o.byName[item.Name()]; twice {
			return fmt.Errorf("two images named %q: originals are found by name", item.Name())
		}
		o.byName[item.Name()] = rowsOf(all, i, i+1)
	}
	return nil
}

// Len is how many there are.
func (o *Originals) Len() int { return len(o.byName) }

// of are the originals of a batch's pictures [N,C,H,W]; nil if it has none.
func (o *Originals) of(b *images.Batch) (*format.Tensor, error) {
	want := b.Shape()
	if o == nil {
		return own(b), nil
	}
	var out format.Tensor
	for i, item := range b.Items {
		name := item.Text(images.KeySource)
		if name == "" {
			name = item.Name()
		}
		t, ok := o.byName[name]
		switch {
		case !ok:
			return nil, fmt.Errorf("item %d (%s): no original %q in --source", i, item.Name(), name)
		case t.Shape[1] != want[1]:
			return nil, fmt.Errorf("item %d (%s) is %s, its original %s", i, item.Name(), images.Colors(want[1]), images.Colors(t.Shape[1]))
		case !slices.Equal(t.Shape[1:], want[1:]):
			return nil, fmt.Errorf("item %d (%s) is %dx%d, its original %dx%d", i, item.Name(), b.Height, b.Width, t.Shape[2], t.Shape[3])
		case i > 0 && t.DType != out.DType:
			return nil, fmt.Errorf("item %d (%s): its original is %s, those before are %s", i, item.Name(), t.DType, out.DType)
		}
		out.DType = t.DType
		out.Data = append(out.Data, t.Data...)
	}
	out.Name, out.Shape = images.SourceTensor, want
	return &out, nil
}

// own is the tensor source of a batch; nil if it has none.
func own(b *images.Batch) *format.Tensor {
	at := slices.IndexFunc(b.Extra, func(t format.Tensor) bool { return t.Name == images.SourceTensor })
	if at < 0 {
		return nil
	}
	return &b.Extra[at]
}

// Photos are batches that are kept to be looked at more than once.
type Photos struct {
	batches []*images.Batch
	bytes   int
}

// Add keeps a batch.
func (p *Photos) Add(b *images.Batch) error {
	if p.bytes += len(pixels(b).Data); p.bytes > mostBytes {
		return fmt.Errorf("more than %d MiB of photos; fewer are enough to choose a threshold", mostBytes>>20)
	}
	p.batches = append(p.batches, b)
	return nil
}
