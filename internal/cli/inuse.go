package cli

import (
	"fmt"
	"io/fs"
	"os"
	"sync"

	"herbarium/internal/errs"
)

// inUse knows the regular files that a run reads and writes, and refuses one
// that is both. Other files, such as pipes, may be.
type inUse struct {
	mu            sync.Mutex
	read, written []openFile
}

// openFile is a regular file in use.
type openFile struct {
	name string
	info fs.FileInfo
}

// reads adds an input.
func (u *inUse) reads(name string, info fs.FileInfo) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if !info.Mode().IsRegular() {
		return nil
	}
	u.read = append(u.read, openFile{name, info})
	for _, out := range u.written {
		if os.SameFile(info, out.info) {
			return overwrites(name, out.name)
		}
	}
	return nil
}

// writes adds an output.
func (u *inUse) writes(name string, info fs.FileInfo) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.written = append(u.written, openFile{name, info})
	for _, in := range u.read {
		if os.SameFile(in.info, info) {
			return overwrites(in.name, name)
		}
	}
	return nil
}

func overwrites(in, out string) error {
	return errs.Hint(fmt.Errorf("%s and %s are the same file", in, out), "write to another file, then rename it")
}
