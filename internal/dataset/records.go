package dataset

import (
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"herbarium/internal/images"
)

// records is a data set whose pictures lie in a few files, all of one size, at known places. They are read one by
// one, in whatever order they are asked for.
type records struct {
	path    string // as it was given
	parts   []part
	folder  string   // that was searched for them, or ""
	files   []string // all that were read
	classes []string
	frame   Frame
}

// part is the pictures of one file.
type part struct {
	file          string // for messages
	name          string // what pictures are called before the slash
	number        int    // of the first picture in its part of the split
	pixels        io.ReaderAt
	start, stride int64 // where the first picture lies, and how far it is to the next, in bytes
	channels      int   // planes: 1 or 3
	height, width int   // in pixels
	labels        []byte
}

func (r *records) Classes() []string { return r.classes }

func (r *records) Len() int {
	n := 0
	for _, p := range r.parts {
		n += len(p.labels)
	}
	return n
}

func (r *records) Label(i int) int {
	p, i := r.locate(i)
	return int(p.labels[i])
}

// locate finds the file that picture i is in, and its place there.
func (r *records) locate(i int) (*part, int) {
	for k := range r.parts {
		p := &r.parts[k]
		if i < len(p.labels) {
			return p, i
		}
		i -= len(p.labels)
	}
	return nil, i
}

// Load reads picture i. Its item has the keys "name" (the part of the split and the number in it) and "class".
func (r *records) Load(i int) (images.Picture, error) {
	p, i := r.locate(i)
	src := planes{make([]byte, p.channels*p.height*p.width), p.channels, p.height, p.width}
	if _, err := p.pixels.ReadAt(src.pix, p.start+int64(i)*p.stride); err != nil {
		return images.Picture{}, fmt.Errorf("%s: picture %d: %w", p.file, i, cause(err))
	}
	pix, h, w := r.frame.apply(upright{src, asStored})
	if p.channels == images.Gray {
		pix = pix[:h*w] // its planes are equal
	}
	label := int(p.labels[i])
	item := images.Item{images.KeyName: fmt.Sprintf("%s/%05d", p.name, p.number+i), images.KeyClass: r.classes[label]}
	return images.Picture{Height: h, Width: w, U8: pix, Label: label, Item: item}, nil
}

// checkLabels refuses labels beyond the classes.
func (r *records) checkLabels() error {
	for _, p := range r.parts {
		for i, l := range p.labels {
			if int(l) >= len(r.classes) {
				return fmt.Errorf("%s: label %d of picture %d, but there are %d classes", p.file, l, i, len(r.classes))
			}
		}
	}
	if r.Len() == 0 {
		return fmt.Errorf("%s: no pictures", r.path)
	}
	return nil
}

// Depends does not look at order: all files count.
func (r *records) Depends([]int) []string {
	if r.folder == "" {
		return slices.Clone(r.files)
	}
	return append([]string{asFolder(r.folder)}, r.files...)
}

// Digest is as Files says, of all files.
func (r *records) Digest(_ []int, _ int, f func(string, [sha256.Size]byte) error) error {
	all := sha256.New()
	for _, path := range r.files {
		sum, err := digestFile(path)
		if err != nil {
			return err
		}
		fmt.Fprintf(all, "%x  %s\n", sum, filepath.Base(path))
	}
	return f(r.path, [sha256.Size]byte(all.Sum(nil)))
}

// digestFile is the SHA-256 of a file of any size.
func digestFile(path string) ([]byte, error) {
	in, err := os.Open(path)
	if err != nil {
		return nil, plain(err)
	}
	defer in.Close()
	h := sha256.New()
	if _, err := io.Copy(h, in); err != nil {
		return nil, plain(err)
	}
	return h.Sum(nil), nil
}

// planes are a picture as it lies in memory: one plane of gray, or three of red, green and blue.
type planes struct {
	pix           []byte
	channels      int
	height, width int
}

func (p planes) size() (int, int) { return p.height, p.width }
func (p planes) row(y int, dst []byte) {
	plane := p.height * p.width
	for c := range 3 {
		src := p.pix[min(c, p.channels-1)*plane+y*p.width:]
		for x := range p.width {
			dst[3*x+c] = src[x]
		}
	}
}
