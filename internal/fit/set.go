// Package fit trains nets: sets of photos, augmentation, adversarial photos, the loop and its checkpoints, and the statistics
// of the training photos that a net carries for those who look into it.
package fit

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"herbarium/format"
	"herbarium/internal/errs"
	"herbarium/internal/graph"
	"herbarium/internal/images"
	"herbarium/internal/random"
)

// Set is a labeled data set of 8-bit photos of one size, gray or RGB, or a part of one.
type Set struct {
	Classes                 []string
	Channels, Height, Width int
	pixels                  *pixels
	labels                  []int
	index                   []int // the photos of this part, by their number in pixels
	fixed                   bool  // classes are given: unknown names are errors
}

// Shape is that of each photo: [C,H,W].
func (s *Set) Shape() graph.Shape { return graph.Shape{s.Channels, s.Height, s.Width} }

// size is the number of bytes of a photo.
func (s *Set) size() int { return s.Channels * s.Height * s.Width }

// Moments are the mean and the standard deviation of each of the set's channels in [0,1]. Std of a
// channel that never varies is 1.
func (s *Set) Moments() (mean, std []float64, err error) {
	sum, squares := make([]uint64, s.Channels), make([]uint64, s.Channels)
	mean, std = make([]float64, s.Channels), make([]float64, s.Channels)
	plane := s.Height * s.Width
	photo := make([]byte, s.size())
	for i := range s.Len() {
		if err := s.Read(photo, []int{i}); err != nil {
			return mean, std, err
		}
		for c := range sum {
			for _, v := range photo[c*plane : (c+1)*plane] {
				sum[c] += uint64(v)
				squares[c] += uint64(v) * uint64(v)
			}
		}
	}
	n := float64(s.Len()*plane) * 255
	for c := range mean {
		mean[c] = float64(sum[c]) / n
		variance := float64(squares[c])/n/255 - mean[c]*mean[c]
		std[c] = 1
		if variance > 1e-8 {
			std[c] = math.Sqrt(variance)
		}
	}
	return mean, std, nil
}

// NewSet is an empty set. Without classes it takes those of its documents; with classes, labels
// are matched to them by name.
func NewSet(classes []string) *Set {
	return &Set{Classes: slices.Clone(classes), fixed: classes != nil, pixels: &pixels{limit: memoryLimit}}
}

// Close releases the temporary file of a large set, for all its parts.
func (s *Set) Close() { s.pixels.close() }

// Len is the number of photos.
func (s *Set) Len() int { return len(s.index) }

// Label is the class of the i-th photo as an index into Classes.
func (s *Set) Label(i int) int { return s.labels[s.index[i]] }

// Handler is what a stream's reading loop calls to fill the set.
func (s *Set) Handler() map[string]func(*format.Document) error {
	return map[string]func(*format.Document) error{images.Kind: func(d *format.Document) error {
		b, err := images.FromDocument(d)
		if err != nil {
			return err
		}
		return s.Add(b)
	}}
}

// Add appends the photos of a document. All must have one size, the same channels and a label.
func (s *Set) Add(b *images.Batch) error {
	if s.Height == 0 {
		s.Channels, s.Height, s.Width = b.Channels(), b.Height, b.Width
	}
	if c := b.Channels(); c != s.Channels {
		return errs.Hint(fmt.Errorf("item %q is %s, those before are %s", b.Items[0].Name(), images.Colors(c), images.Colors(s.Channels)),
			"make them equal with ingest --gray or --color")
	}
	if b.Height != s.Height || b.Width != s.Width {
		return fmt.Errorf("item %q is %dx%d, those before are %dx%d: make them equal with ingest --size",
			b.Items[0].Name(), b.Height, b.Width, s.Height, s.Width)
	}
	if b.Labels == nil {
		return fmt.Errorf("item %q has no label: put photos into one folder per class", b.Items[0].Name())
	}
	to, err := s.classIndexes(b.Classes)
	if err != nil {
		return err
	}
	for i, item := range b.Items {
		if b.Labels[i] == images.NoLabel {
			return fmt.Errorf("item %d %q has no label: put photos into one folder per class", i, item.Name())
		}
		if err := s.pixels.append(slices.Clone(b.Bytes(i, i+1))); err != nil {
			return err
		}
		s.index = append(s.index, len(s.labels))
		s.labels = append(s.labels, to[b.Labels[i]])
	}
	return nil
}

// classIndexes are where the set has classes of a document, by name. A set whose classes are not given takes new ones on.
func (s *Set) classIndexes(classes []string) ([]int, error) {
	to := make([]int, len(classes))
	if s.fixed {
		if err := images.CheckClasses(classes, s.Classes, "the net"); err != nil {
			return nil, err
		}
		for i, name := range classes {
			to[i], _ = images.ClassOf(s.Classes, name, "the net")
		}
		return to, nil
	}
	for i, name := range classes {
		if to[i] = slices.Index(s.Classes, name); to[i] < 0 {
			to[i] = len(s.Classes)
			s.Classes = append(s.Classes, name)
		}
	}
	return to, nil
}

// Adopt renumbers the labels to classes, which hold the names of the set's own in any order, and more if need be.
func (s *Set) Adopt(classes []string) error {
	old := s.Classes
	s.Classes, s.fixed = slices.Clone(classes), true
	to, err := s.classIndexes(old)
	if err != nil {
		return err
	}
	for i, label := range s.labels {
		s.labels[i] = to[label]
	}
	return nil
}

// Balance is a weight for each class, its mean over the photos 1: inverse to how many photos the class has.
// A class without photos has weight 0.
func (s *Set) Balance() []float32 {
	count, present := make([]int, len(s.Classes)), 0
	for i := range s.Len() {
		if count[s.Label(i)]++; count[s.Label(i)] == 1 {
			present++
		}
	}
	weights := make([]float32, len(count))
	for class, n := range count {
		if n > 0 {
			weights[class] = float32(s.Len()) / float32(n*present)
		}
	}
	return weights
}

// Digest is a SHA-256 of size, classes, labels and pixels.
func (s *Set) Digest() (digest [sha256.Size]byte, err error) {
	h := sha256.New()
	fmt.Fprintf(h, "%d %d %q\n", s.Height, s.Width, s.Classes)
	photo := make([]byte, s.size())
	for i := range s.Len() {
		if err := s.Read(photo, []int{i}); err != nil {
			return digest, err
		}
		h.Write(binary.LittleEndian.AppendUint64(nil, uint64(s.Label(i))))
		h.Write(photo)
	}
	return [sha256.Size]byte(h.Sum(nil)), nil
}

// Split takes a share of each class, at least one photo where there are two, as a second set. Each class keeps a photo.
func (s *Set) Split(share float64, seed uint64) (rest, part *Set) {
	byClass := make([][]int, len(s.Classes))
	for _, photo := range s.index {
		byClass[s.labels[photo]] = append(byClass[s.labels[photo]], photo)
	}
	a, b := *s, *s
	a.index, b.index = nil, nil
	for class, photos := range byClass {
		n := int(share*float64(len(photos)) + 0.5)
		if share > 0 && n == 0 && len(photos) > 1 {
			n = 1
		}
		if share < 1 {
			n = min(n, max(len(photos)-1, 0))
		}
		order := random.New(seed, random.Key("split"), uint64(class)).Perm(len(photos))
		for i, at := range order {
			if i < n {
				b.index = append(b.index, photos[at])
			} else {
				a.index = append(a.index, photos[at])
			}
		}
	}
	slices.Sort(a.index)
	slices.Sort(b.index)
	return &a, &b
}

// Read copies the pixels [C,H,W] of photos of this set one after the other into to.
func (s *Set) Read(to []byte, photos []int) error {
	size := s.size()
	for i, p := range photos {
		if err := s.pixels.read(to[i*size:(i+1)*size], s.index[p]); err != nil {
			return err
		}
	}
	return nil
}
