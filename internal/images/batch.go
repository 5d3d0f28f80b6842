// Package images is the "images" document of the stream in Go form: pictures of one size, what is known about each,
// and the classes they may belong to.
//
// A data set, an optimized picture and an attacked photo are all the same document, so every tool that makes or
// reads pictures does it through this package.
package images

import (
	"fmt"
	"image"
	"unicode/utf8"

	"herbarium/format"
)

// Kind is what __metadata__["kind"] says of an images document.
const Kind = "images"

// NoLabel is the label of a picture whose class is not known.
const NoLabel = -1

// Batch is one document of pictures that share height, width, channels and element type.
type Batch struct {
	// Classes are the names that labels point into; nil if nothing is classified.
	Classes []string
	// Labels is nil, or has one index into Classes per picture; NoLabel where there is none.
	Labels []int64
	// Items has one object per picture.
	Items []Item
	// Height and Width are in pixels.
	Height, Width int
	// U8 [N,C,H,W] holds intensities as 0–255; F32 [N,C,H,W] holds them as [0,1]. Exactly one of them is not nil. C is 1,
	// gray, or 3, RGB; see [Batch.Channels].
	U8  []byte
	F32 []float32
	// Extra are the document's other tensors, such as "source" and "alpha", in their order.
	Extra []format.Tensor
	// Meta is the document's metadata beyond kind, classes and items.
	Meta map[string]string
}

// Len is the number of pictures.
func (b *Batch) Len() int { return len(b.Items) }

// Class is the class name of picture i, or "" if it has none.
func (b *Batch) Class(i int) string {
	if b.Labels == nil || b.Labels[i] < 0 {
		return ""
	}
	return b.Classes[b.Labels[i]]
}

// Image is picture i as 8-bit RGB without transparency. Floats are clipped to [0,1] and rounded; NaN becomes 0.
func (b *Batch) Image(i int) *image.NRGBA {
	plane, channels := b.Height*b.Width, b.Channels()
	out := image.NewNRGBA(image.Rect(0, 0, b.Width, b.Height))
	pixels := b.Bytes(i, i+1)
	for p := range plane {
		for c := range RGB {
			out.Pix[4*p+c] = pixels[c%channels*plane+p] // gray is its own red, green and blue
		}
		out.Pix[4*p+3] = 255
	}
	return out
}

// Validate says what is wrong with the batch, naming the item where there is one.
func (b *Batch) Validate() error {
	n := len(b.Items)
	if n == 0 {
		return fmt.Errorf("no pictures in the document")
	}
	if b.Height <= 0 || b.Width <= 0 {
		return fmt.Errorf("size %dx%d: height and width must be positive", b.Height, b.Width)
	}
	if (b.U8 == nil) == (b.F32 == nil) {
		return fmt.Errorf("pictures must be either U8 or F32")
	}
	if got, plane := len(b.U8)+len(b.F32), n*b.Height*b.Width; got != Gray*plane && got != RGB*plane {
		return fmt.Errorf("%d values for %d pictures of %dx%d, want %d of gray or %d of RGB", got, n, b.Height, b.Width, Gray*plane, RGB*plane)
	}
	if err := checkClasses(b.Classes); err != nil {
		return err
	}
	if b.Labels == nil {
		return nil
	}
	if len(b.Labels) != n {
		return fmt.Errorf("%d labels for %d pictures", len(b.Labels), n)
	}
	for i, l := range b.Labels {
		if l < NoLabel || l >= int64(len(b.Classes)) {
			return fmt.Errorf("item %d (%s): label %d, but there are %d classes", i, b.Items[i].Name(), l, len(b.Classes))
		}
	}
	return nil
}

// checkClasses refuses names that could not be told apart or written.
func checkClasses(classes []string) error {
	seen := make(map[string]bool, len(classes))
	for i, c := range classes {
		switch {
		case c == "":
			return fmt.Errorf("class %d has no name", i)
		case !utf8.ValidString(c):
			return fmt.Errorf("class %d: name %q is not valid UTF-8", i, c)
		case seen[c]:
			return fmt.Errorf("class name %q occurs twice", c)
		}
		seen[c] = true
	}
	return nil
}
