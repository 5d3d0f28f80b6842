package score

import (
	"slices"
	"time"

	"herbarium/format"
	"herbarium/internal/images"
	"herbarium/internal/torch"
)

// Score measures the pictures of a batch and writes what it finds into their items, and heat maps into the batch.
func (s *Scorer) Score(b *images.Batch) error {
	if err := s.checkSize(s.net, "the net", b); err != nil {
		return err
	}
	if s.Judge != nil {
		if err := s.checkSize(s.Judge, "the judge", b); err != nil {
			return err
		}
	}
	labels, err := s.labels(b)
	if err != nil {
		return err
	}
	sources, err := s.Originals.of(b)
	if err != nil {
		return err
	}
	var heat []format.Tensor
	workers := s.workers()
	err = torch.Each(workers, s.parts(b), func(k int) (*part, error) {
		p := s.part(b, labels, k)
		if sources != nil {
			p.sources = rowsOf(*sources, p.from, p.from+len(p.labels))
		}
		return p, p.compute()
	}, func(_ int, p *part) error {
		heat = append(heat, p.heat)
		s.busy += p.busy / time.Duration(min(workers, s.parts(b)))
		return p.settle()
	})
	if err != nil {
		return err
	}
	s.images += b.Len()
	if len(s.explain) == 0 {
		return nil
	}
	return b.SetHeat(s.explain, joined(heat))
}

// joined are the heat maps of all parts of a batch.
func joined(parts []format.Tensor) format.Tensor {
	all := format.Tensor{DType: format.F32, Shape: slices.Clone(parts[0].Shape)}
	all.Shape[0] = 0
	for _, p := range parts {
		all.Shape[0] += p.Shape[0]
		all.Data = append(all.Data, p.Data...)
	}
	return all
}

// pixels are a batch's pictures as a tensor [N,C,H,W].
func pixels(b *images.Batch) format.Tensor {
	if b.U8 != nil {
		return format.Of("image", b.Shape(), b.U8)
	}
	return format.Of("image", b.Shape(), b.F32)
}

// rowsOf are the rows from to to of a tensor [N,...], without copying.
func rowsOf(t format.Tensor, from, to int) format.Tensor {
	row := len(t.Data) / t.Shape[0]
	t.Shape = append([]int{to - from}, t.Shape[1:]...)
	t.Data = t.Data[from*row : to*row]
	return t
}

// workers is how many may ask the nets side by side.
func (s *Scorer) workers() int {
	if s.Judge != nil {
		return min(s.net.Workers(s.Batch), s.Judge.Workers(s.Batch))
	}
	return s.net.Workers(s.Batch)
}
