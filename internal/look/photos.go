package look

import (
	"herbarium/format"
	"herbarium/internal/images"
)

// Photo is a picture that came in, gray or RGB.
type Photo struct {
	Height, Width int
	Pixels        []float32 // [C,H,W] in [0,1]
	Item          images.Item
	Class         string // "" if it has none
}

// Photos are the pictures of a document.
func Photos(d *format.Document) ([]Photo, error) {
	b, err := images.FromDocument(d)
	if err != nil {
		return nil, err
	}
	out := make([]Photo, b.Len())
	for i := range out {
		out[i] = Photo{Height: b.Height, Width: b.Width, Pixels: b.Intensities(i, i+1), Item: b.Items[i], Class: b.Class(i)}
	}
	return out, nil
}

// Name is what to call the photo in messages.
func (p *Photo) Name() string {
	if name := p.Item.Name(); name != "" {
		return name
	}
	return "a picture without a name"
}

// Shape is that of its pixels: [C,H,W].
func (p *Photo) Shape() []int { return []int{len(p.Pixels) / (p.Height * p.Width), p.Height, p.Width} }

// bytes is the photo in 8 bits.
func (p *Photo) bytes() []byte { return images.Bytes(p.Pixels) }

// Label is the photo's class as an index into classes, or images.NoLabel.
func (p *Photo) Label(classes []string) int {
	if p.Class == "" {
		return images.NoLabel
	}
	at, err := images.ClassOf(classes, p.Class, "the net")
	if err != nil {
		return images.NoLabel
	}
	return at
}
