package dataset

import (
	"crypto/sha256"
	"fmt"
	"hash"
	"slices"
)

// Digest calls f once for each argument of the folder with the SHA-256 of what the pictures named by order read from
// it: of a file's content, or, for a folder, of lines "digest of the content, two spaces, relative name" in order of
// name, as sha256sum prints them. A file that cannot be read counts as its name alone.
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
