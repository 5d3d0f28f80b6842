package dataset

import (
	"fmt"

	"herbarium/internal/images"
	"herbarium/internal/random"
)

// Order is the numbers 0..n-1, shuffled by the seed if asked for, cut to the first limit if that is positive.
func Order(n int, shuffle bool, seed uint64, limit int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	if shuffle {
		random.New(seed, random.Key("order")).Shuffle(n, func(i, j int) { order[i], order[j] = order[j], order[i] })
	}
	if limit > 0 && limit < n {
		order = order[:limit]
	}
	return order
}

// Copying says how pictures go from a source into documents.
type Copying struct {
	// Workers is how many goroutines load pictures; 0 is one per CPU. The result does not depend on it.
	Workers int
	// Strict makes the first unreadable picture an error.
	Strict bool
	// Skipped is told of each picture that could not be read; the error names the file.
	Skipped func(error)
	// Empty is told of each class whose pictures, so many, could none of them be read, though others could.
	Empty func(class string, files int)
	// Done is told after each picture, read or skipped.
	Done func()
}

// Run writes the pictures named by order, in that order, and returns how many were skipped. Not one readable picture
// is an error.
func (c Copying) Run(src Source, order []int, w *images.Writer) (skipped int, err error) {
	if err := w.SetClasses(src.Classes()); err != nil {
		return 0, err
	}
	files, read := make([]int, len(src.Classes())), make([]bool, len(src.Classes()))
	for _, i := range order {
		if l := src.Label(i); l != images.NoLabel {
			files[l]++
		}
	}
	err = Each(src, order, c.Workers, func(p images.Picture, err error) error {
		if c.Done != nil {
			defer c.Done()
		}
		if err != nil {
			if c.Strict {
				return err
			}
			skipped++
			if c.Skipped != nil {
				c.Skipped(err)
			}
			return nil
		}
		if p.Label != images.NoLabel {
			read[p.Label] = true
		}
		return w.Add(p)
	})
	if err != nil {
		return skipped, err
	}
	if w.Count() == 0 {
		if skipped > 0 {
			return skipped, fmt.Errorf("none of %d files could be read", skipped)
		}
		return skipped, fmt.Errorf("no pictures")
	}
	for l, class := range src.Classes() {
		if files[l] > 0 && !read[l] && c.Empty != nil {
			c.Empty(class, files[l])
		}
	}
	return skipped, w.Flush()
}
