package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"herbarium/format"
	"herbarium/internal/images"
	"herbarium/internal/measure"
)

// document scores one document and passes it on.
func (r *run) document(d *format.Document) error {
	b, err := images.FromDocument(d)
	if err != nil {
		return err
	}
	for _, net := range []*measure.Classifier{r.net, r.judge} {
		if err := r.fit(net, b); err != nil {
			return err
		}
	}
	labels, err := r.labels(b)
	if err != nil {
		return err
	}
	sources, err := r.originals.of(b)
	if err != nil {
		return err
	}
	var heat []format.Tensor
	for from := 0; from < b.Len(); from += r.batch {
		part := r.part(b, labels, from)
		if sources != nil {
			part.sources = rowsOf(*sources, from, from+len(part.labels))
		}
		h, err := part.score()
		if err != nil {
			return err
		}
		heat = append(heat, h)
	}
	r.images += b.Len()
	if r.Text() {
		return nil
	}
	if len(r.explain) > 0 {
		if err := b.SetHeat(r.explain, joined(heat)); err != nil {
			return err
		}
	}
	out, err := b.Document()
	if err != nil {
		return err
	}
	return r.session.Write(out)
}

// fit is an error if a net cannot see pictures of this size, and warns if it was made for another.
func (r *run) fit(net *measure.Classifier, b *images.Batch) error {
	if net == nil {
		return nil
	}
	h, w := net.Size()
	size := [2]int{b.Height, b.Width}
	if size == [2]int{h, w} {
		return nil
	}
	who := "the net"
	if net == r.judge {
		who = "the judge"
	}
	if err := net.Fits(b.Height, b.Width); err != nil {
		return fmt.Errorf("item %q: %s: %w", b.Items[0].Name(), who, err)
	}
	if at := [3]any{net, b.Height, b.Width}; !r.warned[at] {
		r.warned[at] = true
		r.session.Warnf("pictures are %dx%d and %s was made for %dx%d; ingest --size %dx%d makes them fit", b.Height, b.Width, who, h, w, h, w)
	}
	return nil
}

// labels are those of the document as classes of the net, matched by name.
func (r *run) labels(b *images.Batch) ([]int, error) {
	out := slices.Repeat([]int{measure.NoClass}, b.Len())
	if b.Labels == nil || !r.net.Named {
		return out, nil
	}
	for i := range out {
		name := b.Class(i)
		if name == "" {
			continue
		}
		if out[i] = r.net.Class(name); out[i] < 0 {
			return nil, unknownClasses(b.Classes, "the net", r.net)
		}
	}
	return out, nil
}

// unknownClasses lists those of names that a net does not have.
func unknownClasses(names []string, who string, net *measure.Classifier) error {
	var unknown []string
	for _, name := range names {
		if net.Class(name) < 0 {
			unknown = append(unknown, name)
		}
	}
	return fmt.Errorf("classes that %s does not have: %s; it has %s", who, strings.Join(unknown, ", "), strings.Join(net.Classes, ", "))
}

// joined are the heat maps of all parts of a document.
func joined(parts []format.Tensor) format.Tensor {
	all := format.Tensor{DType: format.F32, Shape: slices.Clone(parts[0].Shape)}
	all.Shape[0] = 0
	for _, p := range parts {
		all.Shape[0] += p.Shape[0]
		all.Data = append(all.Data, p.Data...)
	}
	return all
}

// pixels are a batch's pictures as a tensor [N,3,H,W].
func pixels(b *images.Batch) format.Tensor {
	shape := []int{b.Len(), 3, b.Height, b.Width}
	if b.U8 != nil {
		return format.Of("image", shape, b.U8)
	}
	return format.Of("image", shape, b.F32)
}

// rowsOf are the rows from to to of a tensor [N,...], without copying.
func rowsOf(t format.Tensor, from, to int) format.Tensor {
	row := len(t.Data) / t.Shape[0]
	t.Shape = append([]int{to - from}, t.Shape[1:]...)
	t.Data = t.Data[from*row : to*row]
	return t
}

// timed adds the time that work takes to that of the nets.
func (r *run) timed(work func() error) error {
	start := time.Now()
	defer func() { r.busy += time.Since(start) }()
	return work()
}
