package images

import (
	"fmt"
	"slices"
	"strconv"

	"herbarium/format"
)

// What a document holds at most, so that every tool runs in bounded memory (a picture too large for it gets a
// document of its own). The text limit keeps the JSON header under the format's 1 MiB, escapes included.
const (
	MaxPictures = 256
	MaxBytes    = 64 << 20
	maxText     = 768 << 10
)

// Picture is one picture on its way into a document.
type Picture struct {
	// Height and Width are in pixels.
	Height, Width int
	// U8 [C,H,W] as 0–255 or F32 [C,H,W] as [0,1], gray or RGB; exactly one of them is not nil.
	U8  []byte
	F32 []float32
	// Label is an index into the writer's classes, or NoLabel.
	Label int
	Item  Item
	// Extra are further tensors of this picture without a batch dimension, such as "source" [C,H,W]. Pictures share
	// a document only if their extra tensors agree in name, element type and shape.
	Extra []format.Tensor
}

// len is how many values it has.
func (p *Picture) len() int { return len(p.U8) + len(p.F32) }

// Writer collects pictures into documents. A new document starts whenever size, channels, element type, extra tensors or
// classes change, and when one is full. The slices of a picture are copied; the caller may use them again.
type Writer struct {
	emit    func(*format.Document) error
	classes []string
	count   int

	batch Batch
	texts []string
	bytes int
	text  int
}

// NewWriter returns a writer that hands each finished document to emit, which may keep it.
func NewWriter(emit func(*format.Document) error) *Writer { return &Writer{emit: emit} }

// Count is the number of pictures added so far.
func (w *Writer) Count() int { return w.count }

// SetClasses names the classes of the pictures that follow; nil if they have none.
func (w *Writer) SetClasses(classes []string) error {
	if slices.Equal(classes, w.classes) && (classes == nil) == (w.classes == nil) {
		return nil
	}
	if err := checkClasses(classes); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	w.classes = slices.Clone(classes)
	return nil
}

// Add appends one picture. It emits the document that this picture does not fit into, if there is one.
func (w *Writer) Add(p Picture) error {
	text, err := w.check(p)
	if err != nil {
		return err
	}
	size := len(p.U8) + 4*len(p.F32)
	for _, t := range p.Extra {
		size += len(t.Data)
	}
	quoted := len(strconv.Quote(string(text)))
	full := len(w.texts) >= MaxPictures || w.bytes+size > MaxBytes || w.text+quoted > maxText
	if len(w.texts) > 0 && (full || !w.fits(p)) {
		if err := w.Flush(); err != nil {
			return err
		}
	}
	w.append(p)
	w.texts = append(w.texts, string(text))
	w.bytes += size
	w.text += quoted
	w.count++
	return nil
}

// Flush emits what has been collected. It must be called after the last picture.
func (w *Writer) Flush() error {
	if len(w.texts) == 0 {
		return nil
	}
	b := w.batch
	b.Classes = w.classes
	for i := range b.Extra {
		b.Extra[i].Shape = append([]int{len(w.texts)}, b.Extra[i].Shape...)
	}
	d, err := b.document(w.texts)
	if err != nil {
		return err
	}
	w.batch, w.texts, w.bytes, w.text = Batch{}, nil, 0, 0
	return w.emit(d)
}

// check refuses a picture that is not what it says it is, and returns its item as JSON.
func (w *Writer) check(p Picture) ([]byte, error) {
	name := p.Item.Name()
	if p.Height <= 0 || p.Width <= 0 {
		return nil, fmt.Errorf("item %d (%s): size %dx%d: height and width must be positive", w.count, name, p.Height, p.Width)
	}
	if (p.U8 == nil) == (p.F32 == nil) {
		return nil, fmt.Errorf("item %d (%s): a picture must be either U8 or F32", w.count, name)
	}
	if got, plane := p.len(), p.Height*p.Width; got != Gray*plane && got != RGB*plane {
		return nil, fmt.Errorf("item %d (%s): %d values, want %d of gray or %d of RGB for %dx%d", w.count, name, got, Gray*plane, RGB*plane, p.Height, p.Width)
	}
	if p.Label < NoLabel || p.Label >= len(w.classes) {
		return nil, fmt.Errorf("item %d (%s): label %d, but there are %d classes", w.count, name, p.Label, len(w.classes))
	}
	for i, v := range p.F32 {
		if !finite(v) {
			plane := p.Height * p.Width
			return nil, fmt.Errorf("item %d (%s): %v in channel %d at row %d, column %d", w.count, name, v, i/plane, i%plane/p.Width, i%p.Width)
		}
	}
	for _, t := range p.Extra {
		if t.Name == ImageTensor || t.Name == LabelTensor || len(t.Data) != t.Len()*t.DType.Size() {
			return nil, fmt.Errorf("item %d (%s): extra tensor %q of %d bytes and shape %v", w.count, name, t.Name, len(t.Data), t.Shape)
		}
	}
	return marshalItem(w.count, p.Item)
}

// fits says whether the picture is of the kind that is being collected.
func (w *Writer) fits(p Picture) bool {
	b := &w.batch
	if p.Height != b.Height || p.Width != b.Width || p.len() != b.size() || (p.U8 == nil) != (b.U8 == nil) {
		return false
	}
	return slices.EqualFunc(p.Extra, b.Extra, func(x, y format.Tensor) bool {
		return x.Name == y.Name && x.DType == y.DType && slices.Equal(x.Shape, y.Shape)
	})
}

func (w *Writer) append(p Picture) {
	b := &w.batch
	if len(w.texts) == 0 {
		b.Height, b.Width = p.Height, p.Width
		for _, t := range p.Extra {
			b.Extra = append(b.Extra, format.Tensor{Name: t.Name, DType: t.DType, Shape: slices.Clone(t.Shape)})
		}
	}
	b.Items = append(b.Items, p.Item)
	b.U8 = append(b.U8, p.U8...)
	b.F32 = append(b.F32, p.F32...)
	if w.classes != nil {
		b.Labels = append(b.Labels, int64(p.Label))
	}
	for i, t := range p.Extra {
		b.Extra[i].Data = append(b.Extra[i].Data, t.Data...)
	}
}
