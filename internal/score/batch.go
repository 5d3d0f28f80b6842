package score

import (
	"slices"
	"time"

	"herbarium/format"
	"herbarium/internal/images"
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
	for from := 0; from < b.Len(); from += s.Batch {
		p := s.part(b, labels, from)
		if sources != nil {
			p.sources = rowsOf(*sources, from, from+len(p.labels))
		}
		h, err := p.score()
		if err != nil {
			return err
		}
		heat = append(heat, h)
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

// timed adds the time that work takes to that of the nets.
func (s *Scorer) timed(work func() error) error {
	start := time.Now()
	defer func() { s.busy += time.Since(start) }()
	return work()
}
