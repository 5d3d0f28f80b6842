// Package dataset reads pictures from where they are — class folders, files, lists of files, the published files of
// well-known data sets — or draws them, and hands them on in one size, in order, decoded by several goroutines in
// bounded memory.
package dataset

import (
	"crypto/sha256"
	"fmt"
	"os"
	"slices"
	"strings"

	"herbarium/internal/images"
)

// Source is a list of pictures that can be loaded by number, by several goroutines at once.
type Source interface {
	// Classes are the names that labels point into; nil if nothing is classified.
	Classes() []string
	// Len is the number of pictures, those that will turn out unreadable included.
	Len() int
	// Label is the class of picture i, or images.NoLabel, without loading it.
	Label(i int) int
	// Load makes picture i. It is a function of i only. The error names the file.
	Load(i int) (images.Picture, error)
}

// Files is a Source of what lies in files.
type Files interface {
	Source
	// Digest calls f once for each path that the source was opened with, with the SHA-256 of what the pictures named
	// by order take from it: of a file's content, or, for a folder, of lines "digest of the content, two spaces,
	// relative name", as sha256sum prints them. A file that cannot be read counts as its name alone.
	Digest(order []int, workers int, f func(path string, digest [sha256.Size]byte) error) error
	// Depends are the files that the pictures named by order lie in, and all folders that were searched for them:
	// what must be unchanged for a run to give the same.
	Depends(order []int) []string
}

// Options says what of the files is wanted, and how.
type Options struct {
	Frame Frame
	// Split is the part of a data set that comes with one: train, val, test or all; else it is empty.
	Split string
	// Names are those of the classes of a data set that numbers them, in the order of the numbers; nil leaves numbers.
	Names []string
	// MaxPixels is the size of the largest photo that is decoded; 0 is DefaultPixels.
	MaxPixels int64
	// Warnf, if not nil, is told what of folders is left out, and of folders that are hardly meant as classes.
	Warnf func(layout string, args ...any)
}

// layout is the published form of a data set.
type layout struct {
	name   string
	splits []string
	is     func(path string, names []string) bool // names are those in the folder, nil if path is a file
	open   func(path string, o Options) (Files, error)
}

func layouts() []layout {
	return []layout{
		{"Oxford 102", []string{"train", "val", "test"}, isOxford, openOxford},
		{"CIFAR-10", []string{"train", "test"}, isCIFAR10, openCIFAR10},
		{"CIFAR-100", []string{"train", "test"}, isCIFAR100, openCIFAR100},
		{"IDX", []string{"train", "test"}, isIDXFolder, openIDXFolder},
		{"IDX", nil, isIDXFile, openIDXFile},
	}
}

// Open lists what the paths stand for: files, folders of class folders, or one data set in its published form.
// Nothing is decoded yet.
func Open(paths []string, o Options) (Files, error) {
	for _, path := range paths {
		l, err := layoutOf(path)
		switch {
		case err != nil:
			return nil, err
		case l == nil:
			continue
		case len(paths) > 1:
			return nil, fmt.Errorf("%s is a data set (%s) and cannot be read together with other paths", path, l.name)
		case len(l.splits) == 0 && o.Split != "":
			return nil, fmt.Errorf("%s is one file, without --split", path)
		case len(l.splits) > 0 && o.Split == "":
			return nil, fmt.Errorf("%s is a data set (%s) that comes in parts: say --split %s or all", path, l.name, strings.Join(l.splits, ", "))
		case len(l.splits) > 0 && o.Split != "all" && !slices.Contains(l.splits, o.Split):
			return nil, fmt.Errorf("%s (%s) has no part %q: there are %s, and all", path, l.name, o.Split, strings.Join(l.splits, ", "))
		}
		return l.open(path, o)
	}
	if o.Split != "" {
		return nil, fmt.Errorf("--split is for data sets that come with one (Oxford 102, MNIST, CIFAR); of class folders, name the folder of the part")
	}
	if o.Names != nil {
		return nil, fmt.Errorf("--classes is for data sets that number their classes (Oxford 102, MNIST); class folders have names")
	}
	return openFolder(paths, o)
}

// layoutOf recognizes a data set by the names of its files; nil if there is none.
func layoutOf(path string) (*layout, error) {
	if path == stdin {
		return nil, nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, plain(err)
	}
	var names []string
	if info.IsDir() {
		list, err := os.ReadDir(path)
		if err != nil {
			return nil, plain(err)
		}
		names = []string{}
		for _, e := range list {
			names = append(names, e.Name())
		}
	}
	for _, l := range layouts() {
		if l.is(path, names) {
			return &l, nil
		}
	}
	return nil, nil
}

// named are the names of n classes that go by the numbers from first on.
func named(n, first int, names []string) ([]string, error) {
	if names == nil {
		for i := range n {
			names = append(names, fmt.Sprint(first+i))
		}
		return names, nil
	}
	if len(names) != n {
		return nil, fmt.Errorf("--classes has %d names for %d classes", len(names), n)
	}
	return names, nil
}
