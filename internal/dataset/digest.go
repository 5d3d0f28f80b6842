package dataset

import (
	"crypto/sha256"
	"fmt"
	"hash"
	"slices"
)

// Digest is as Files says; lines are in the order of the listing.
func (f *Folder) Digest(order []int, workers int, each func(arg string, digest [sha256.Size]byte) error) error {
	order = slices.Clone(order)
	slices.Sort(order)
	type read struct {
		entry
		digest [sha256.Size]byte
	}
	var sum hash.Hash
	var last read
	emit := func() error {
		arg := f.args[last.arg]
		if last.path == arg {
			return each(arg, last.digest)
		}
		return each(arg, [sha256.Size]byte(sum.Sum(nil)))
	}
	work := func(i int) (read, error) {
		data, err := f.entries[i].content()
		return read{f.entries[i], sha256.Sum256(data)}, err
	}
	err := inOrder(order, workers, work, func(r read, err error) error {
		if sum == nil || r.arg != last.arg {
			if sum != nil {
				if err := emit(); err != nil {
					return err
				}
			}
			sum = sha256.New()
			for _, e := range f.about {
				fmt.Fprintf(sum, "%x  %s\n", sha256.Sum256(e.data), e.name)
			}
		}
		last = r
		if err != nil {
			fmt.Fprintf(sum, "%s\n", r.name) // loading it will say what is wrong
			return nil
		}
		fmt.Fprintf(sum, "%x  %s\n", r.digest, r.name)
		return nil
	})
	if err != nil || sum == nil {
		return err
	}
	return emit()
}
