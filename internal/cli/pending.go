package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"herbarium/internal/errs"
)

// pending is a file on its way: it is written under a temporary name in the
// same directory and takes its own name only when everything has succeeded.
// What exists already and is not a regular file (/dev/null, a named pipe, the
// /dev/fd/63 of `>(command)`) is written directly: there is nothing to replace.
type pending struct {
	*os.File
	name      string // as the user gave it, for messages
	path      string // where it will be
	temporary string // where it is; empty if written directly
	all       *temporaries
	closed    bool
}

// temporaries knows every temporary of the process, so that a signal can
// remove them. Its lock is held from creating a file to knowing it, and the
// signal handler never gives the lock back: nothing appears after the cleanup.
type temporaries struct {
	mu    sync.Mutex
	files map[string]bool
	dirs  []string // made for them, outer ones first
	next  int
}

// checkTarget refuses what an output cannot be, before any work is done. For
// an existing regular file it returns its description.
func checkTarget(name string) (fs.FileInfo, error) {
	info, err := os.Stat(name)
	switch {
	case err == nil && info.IsDir():
		return nil, fmt.Errorf("%s is a directory", name)
	case err == nil && info.Mode().IsRegular():
		return info, nil
	case err == nil:
		return nil, nil
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	dir := filepath.Dir(name)
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil, errs.Hint(fmt.Errorf("%s: no such directory: %s", name, dir), "mkdir -p %s", quote(dir))
	} else if err != nil {
		return nil, err
	}
	return nil, nil
}

// create opens a file that will be called name. A symbolic link is followed:
// what it points to is replaced, not the link. An existing file keeps its
// permissions.
func (t *temporaries) create(name string) (*pending, error) {
	existing, err := checkTarget(name)
	if err != nil {
		return nil, err
	}
	if existing == nil {
		if _, err := os.Stat(name); err == nil {
			f, err := os.OpenFile(name, os.O_WRONLY, 0)
			if err != nil {
				return nil, err
			}
			return &pending{File: f, name: name, path: name, all: t}, nil
		}
	}
	path := name
	if real, err := filepath.EvalSymlinks(name); err == nil {
		path = real
	}

	t.mu.Lock()
	defer t.mu.Unlock()
	var f *os.File
	for {
		t.next++
		temporary := filepath.Join(filepath.Dir(path), fmt.Sprintf(".herbarium-%d-%d.tmp", os.Getpid(), t.next))
		f, err = os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if err == nil {
			break
		}
		if !errors.Is(err, fs.ErrExist) {
			return nil, fmt.Errorf("%s cannot be created: %w", name, errors.Unwrap(err))
		}
	}
	if t.files == nil {
		t.files = map[string]bool{}
	}
	t.files[f.Name()] = true
	p := &pending{File: f, name: name, path: path, temporary: f.Name(), all: t}
	if existing != nil {
		if err := f.Chmod(existing.Mode().Perm()); err != nil {
			f.Close()
			t.forget(p)
			return nil, err
		}
	}
	return p, nil
}

// close ends the writing. Some file systems report a full disk only now.
func (p *pending) close() error {
	if p.closed {
		return nil
	}
	p.closed = true
	if err := p.File.Close(); err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	return nil
}

// commit gives the closed file its name.
func (p *pending) commit() error {
	if err := p.close(); err != nil {
		return err
	}
	if p.temporary == "" {
		return nil
	}
	p.all.mu.Lock()
	defer p.all.mu.Unlock()
	if err := os.Rename(p.temporary, p.path); err != nil {
		return err
	}
	delete(p.all.files, p.temporary)
	return nil
}

// drop removes the file; after commit it does nothing.
func (p *pending) drop() {
	p.close()
	p.all.mu.Lock()
	defer p.all.mu.Unlock()
	p.all.forget(p)
}

// forget removes the temporary of p; the lock is held.
func (t *temporaries) forget(p *pending) {
	if t.files[p.temporary] {
		os.Remove(p.temporary)
		delete(t.files, p.temporary)
	}
}

// makeDir makes a directory and those above it. Unless keepDirs is called, they
// are removed again if they are empty.
func (t *temporaries) makeDir(name string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	var missing []string
	for dir := filepath.Clean(name); ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(dir); err == nil || dir == filepath.Dir(dir) {
			break
		}
		missing = append(missing, dir)
	}
	for _, dir := range slices.Backward(missing) {
		if err := os.Mkdir(dir, 0o777); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		t.dirs = append(t.dirs, dir)
	}
	return nil
}

func (t *temporaries) keepDirs() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.dirs = nil
}

// removeDirs removes what makeDir made.
func (t *temporaries) removeDirs() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.removeEmpty()
}

// removeEmpty leaves a directory that something else was put into; the lock is
// held.
func (t *temporaries) removeEmpty() {
	for _, dir := range slices.Backward(t.dirs) {
		os.Remove(dir)
	}
	t.dirs = nil
}

// removeForever removes all temporaries and keeps the lock, so that no other
// goroutine creates or renames one while the process dies.
func (t *temporaries) removeForever() {
	t.mu.Lock()
	for name := range t.files {
		os.Remove(name)
	}
	t.removeEmpty()
}
