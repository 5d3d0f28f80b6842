package images

import (
	"fmt"
	"maps"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"herbarium/format"
	"herbarium/internal/jsontext"
)

// The names of the tensors and metadata of an images document; for those of heat maps see HeatTensor.
const (
	ImageTensor  = "image"  // U8 or F32 [N,C,H,W]
	LabelTensor  = "label"  // I64 [N]
	SourceTensor = "source" // U8 or F32 [N,C,H,W]: what each picture was made from
	AlphaTensor  = "alpha"  // F32 [N,H,W]: how much an optimization has changed each pixel

	ClassesMeta = "classes"
	ItemsMeta   = "items"
	kindMeta    = "kind"
)

// FromDocument reads an images document, and is the one gate for images: shapes, types, labels, classes and items must
// agree, and pixels are finite and from 0 to 1. An error names the item. What rounding has left a little outside of [0,1] is
// clipped. Pixels are not copied where the document's memory allows.
func FromDocument(d *format.Document) (*Batch, error) {
	b, err := Parse(d)
	if err != nil {
		return nil, err
	}
	return b, b.checkPixels()
}

// Parse is FromDocument without a look at any value: for those who select from documents that tools refuse.
func Parse(d *format.Document) (*Batch, error) {
	if d.Kind() != Kind {
		return nil, fmt.Errorf("kind is %q, want %q", d.Kind(), Kind)
	}
	b := &Batch{}
	for key, text := range d.Meta {
		var err error
		switch key {
		case kindMeta:
		case ClassesMeta:
			err = unmarshal(text, &b.Classes)
			for i, name := range b.Classes {
				b.Classes[i] = norm.NFC.String(name) // however the system that wrote it spells letters with accents
			}
		case ItemsMeta:
			err = unmarshal(text, &b.Items)
		default:
			if b.Meta == nil {
				b.Meta = make(map[string]string)
			}
			b.Meta[key] = text
		}
		if err != nil {
			return nil, fmt.Errorf("metadata %q: %w", key, err)
		}
	}
	n := -1
	for i := range d.Tensors {
		t := &d.Tensors[i]
		var err error
		switch t.Name {
		case ImageTensor:
			n, err = b.readPixels(t)
		case LabelTensor:
			err = b.readLabels(t)
		default:
			b.Extra = append(b.Extra, *t)
		}
		if err != nil {
			return nil, fmt.Errorf("tensor %q: %w", t.Name, err)
		}
	}
	if n < 0 {
		return nil, fmt.Errorf("no tensor %q in an images document", ImageTensor)
	}
	if b.Items == nil {
		b.Items = make([]Item, n)
	}
	if len(b.Items) != n {
		return nil, fmt.Errorf("%d items for %d pictures", len(b.Items), n)
	}
	for i, it := range b.Items {
		if it == nil {
			b.Items[i] = Item{}
		}
	}
	return b, b.Validate()
}

// readPixels takes the tensor's shape and values and returns the number of pictures.
func (b *Batch) readPixels(t *format.Tensor) (int, error) {
	s := t.Shape
	if len(s) != 4 || CheckChannels(s[1]) != nil {
		return 0, fmt.Errorf("shape %v, want [N,1,H,W] or [N,3,H,W]", s)
	}
	if s[0] == 0 || s[2] == 0 || s[3] == 0 {
		return 0, fmt.Errorf("shape %v has no pixels", s)
	}
	b.Height, b.Width = s[2], s[3]
	var err error
	switch t.DType {
	case format.U8:
		b.U8, err = format.Values[uint8](t)
	case format.F32:
		b.F32, err = format.Values[float32](t)
	default:
		err = fmt.Errorf("dtype %s, want U8 or F32", t.DType)
	}
	return s[0], err
}

func (b *Batch) readLabels(t *format.Tensor) error {
	if len(t.Shape) != 1 {
		return fmt.Errorf("shape %v, want [N]", t.Shape)
	}
	var err error
	if b.Labels, err = format.Values[int64](t); err != nil {
		return err
	}
	if b.Labels == nil {
		b.Labels = []int64{}
	}
	return nil
}

// Document is the batch as a document of the stream. Pixels are not copied on little-endian machines. Batches that
// Validate refuses are errors that name the item. Numbers of items that are NaN or infinite are left out.
func (b *Batch) Document() (*format.Document, error) {
	if err := b.Validate(); err != nil {
		return nil, err
	}
	texts := make([]string, len(b.Items))
	for i, it := range b.Items {
		text, err := marshalItem(i, it)
		if err != nil {
			return nil, err
		}
		texts[i] = string(text)
	}
	return b.document(texts)
}

// document assembles the document of a valid batch from its items' JSON.
func (b *Batch) document(items []string) (*format.Document, error) {
	meta := make(map[string]string, len(b.Meta)+3)
	maps.Copy(meta, b.Meta)
	meta[kindMeta] = Kind
	meta[ItemsMeta] = "[" + strings.Join(items, ",") + "]"
	if b.Classes != nil {
		text, err := jsontext.Marshal(b.Classes)
		if err != nil {
			return nil, fmt.Errorf("classes: %w", err)
		}
		meta[ClassesMeta] = string(text)
	}
	for k, v := range meta {
		if !utf8.ValidString(v) {
			return nil, fmt.Errorf("metadata %q is not valid UTF-8", k)
		}
	}
	shape := b.Shape()
	d := &format.Document{Meta: meta}
	if b.U8 != nil {
		d.Tensors = append(d.Tensors, format.Of(ImageTensor, shape, b.U8))
	} else {
		d.Tensors = append(d.Tensors, format.Of(ImageTensor, shape, b.F32))
	}
	if b.Labels != nil {
		d.Tensors = append(d.Tensors, format.Of(LabelTensor, []int{b.Len()}, b.Labels))
	}
	d.Tensors = append(d.Tensors, b.Extra...)
	return d, nil
}
