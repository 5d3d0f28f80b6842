package dataset

import (
	"crypto/sha256"

	"herbarium/internal/images"
)

// change is a source whose pictures are changed after they have been brought to their size.
func change(src Source, how func(*images.Picture) error) Source {
	if files, ok := src.(Files); ok {
		return changedFiles{changed{src, how}, files}
	}
	return changed{src, how}
}

type changed struct {
	Source
	how func(*images.Picture) error
}

func (s changed) Load(i int) (images.Picture, error) {
	p, err := s.Source.Load(i)
	if err == nil {
		err = s.how(&p)
	}
	return p, err
}

type changedFiles struct {
	changed
	files Files
}

func (s changedFiles) Depends(order []int) []string { return s.files.Depends(order) }

func (s changedFiles) Digest(order []int, workers int, f func(string, [sha256.Size]byte) error) error {
	return s.files.Digest(order, workers, f)
}
