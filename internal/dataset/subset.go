package dataset

import (
	"crypto/sha256"

	"herbarium/internal/images"
)

// Only is the part of a source whose pictures are of the named classes (see [images.ClassOf]), in the order that the source has them.
func Only(src Source, names []string) (Source, error) {
	all := src.Classes()
	s := subset{Source: src, label: make([]int, len(all))}
	wanted := map[int]bool{}
	for _, name := range names {
		at, err := images.ClassOf(all, name, "what is read")
		if err != nil {
			return nil, err
		}
		wanted[at] = true
	}
	for i, name := range all {
		s.label[i] = images.NoLabel
		if wanted[i] {
			s.label[i] = len(s.classes)
			s.classes = append(s.classes, name)
		}
	}
	for i := range src.Len() {
		if l := src.Label(i); l >= 0 && s.label[l] >= 0 {
			s.keep = append(s.keep, i)
		}
	}
	if files, ok := src.(Files); ok {
		return filesSubset{s, files}, nil
	}
	return s, nil
}

// subset is a part of a source.
type subset struct {
	Source
	classes []string
	label   []int // new number of each class, or NoLabel
	keep    []int
}

func (s subset) Classes() []string { return s.classes }
func (s subset) Len() int          { return len(s.keep) }
func (s subset) Label(i int) int   { return s.label[s.Source.Label(s.keep[i])] }

func (s subset) Load(i int) (images.Picture, error) {
	p, err := s.Source.Load(s.keep[i])
	if err == nil {
		p.Label = s.label[p.Label]
	}
	return p, err
}

// of translates numbers of the subset's pictures to those of the source's.
func (s subset) of(order []int) []int {
	out := make([]int, len(order))
	for i, n := range order {
		out[i] = s.keep[n]
	}
	return out
}

// filesSubset is a part of files.
type filesSubset struct {
	subset
	files Files
}

func (s filesSubset) Depends(order []int) []string { return s.files.Depends(s.of(order)) }

func (s filesSubset) Digest(order []int, workers int, f func(string, [sha256.Size]byte) error) error {
	return s.files.Digest(s.of(order), workers, f)
}
