package dataset

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// entry is one file of a data set.
type entry struct {
	path  string // where to open it
	name  string // how it is called in the stream: relative to the argument, with slashes
	class string // "" if it has none
	arg   int    // which argument it came from
	data  []byte // its content if it can be read only once: a pipe, such as <(command) is
}

// extensions are those a folder is searched for. Formats that cannot be read are listed too, so that a folder of
// them is reported and not passed over in silence. A file named by the user is tried whatever it is called.
var extensions = []string{".jpg", ".jpeg", ".png", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".heic", ".avif"}

// find lists the files that the arguments stand for, in the order of the arguments and sorted by name within a
// folder. A folder's sub-folders are classes, and everything below one belongs to it; files directly in the folder
// and files that are arguments themselves have no class. Names that begin with a dot are passed over.
func find(args []string) ([]entry, error) {
	var all []entry
	for i, arg := range args {
		info, err := os.Stat(arg)
		if err != nil {
			return nil, plain(err)
		}
		if !info.IsDir() {
			e := entry{path: arg, name: fileName(arg), arg: i}
			if !info.Mode().IsRegular() {
				if e.data, err = readFile(arg); err != nil {
					return nil, fmt.Errorf("%s: %w", arg, err)
				}
			}
			all = append(all, e)
			continue
		}
		before := len(all)
		all, err = findInFolder(all, arg)
		if err != nil {
			return nil, err
		}
		if len(all) == before {
			return nil, fmt.Errorf("no pictures in folder %s (looked for %s)", arg, strings.Join(extensions, " "))
		}
		for j := range all[before:] {
			all[before+j].arg = i
		}
	}
	return all, nil
}

// findInFolder appends the pictures of one folder argument.
func findInFolder(all []entry, root string) ([]entry, error) {
	list, err := os.ReadDir(root) // sorted by name
	if err != nil {
		return nil, plain(err)
	}
	for _, e := range list {
		path := filepath.Join(root, e.Name())
		switch isDir, ok := follow(path, e); {
		case !ok:
		case !isDir:
			if isPicture(e.Name()) {
				all = append(all, entry{path: path, name: e.Name()})
			}
		default:
			// The slash makes WalkDir enter a class folder that is a symbolic link.
			err := filepath.WalkDir(path+string(filepath.Separator), func(p string, d fs.DirEntry, err error) error {
				if err != nil {
					return plain(err)
				}
				if d.IsDir() {
					if strings.HasPrefix(d.Name(), ".") {
						return fs.SkipDir
					}
					return nil
				}
				if isDir, ok := follow(p, d); isDir || !ok || !isPicture(d.Name()) {
					return nil
				}
				rel, err := filepath.Rel(root, p)
				if err != nil {
					return err
				}
				all = append(all, entry{path: p, name: filepath.ToSlash(rel), class: e.Name()})
				return nil
			})
			if err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

// follow says whether a folder's entry is a folder, through symbolic links; false if it is to be passed over.
func follow(path string, e fs.DirEntry) (isDir, ok bool) {
	if strings.HasPrefix(e.Name(), ".") {
		return false, false
	}
	if e.Type()&fs.ModeSymlink == 0 {
		return e.IsDir(), e.IsDir() || e.Type().IsRegular()
	}
	info, err := os.Stat(path)
	if err != nil {
		return false, true // a dangling link counts as a file, and reading it will name it
	}
	return info.IsDir(), info.IsDir() || info.Mode().IsRegular()
}

func isPicture(name string) bool {
	return slices.Contains(extensions, strings.ToLower(filepath.Ext(name)))
}

// fileName is what a file given by its path is called in the stream: the path as it was given, or only its last
// part where the rest would tell where on the machine it lies.
func fileName(path string) string {
	clean := filepath.ToSlash(filepath.Clean(path))
	if filepath.IsAbs(path) || clean == ".." || strings.HasPrefix(clean, "../") {
		return filepath.Base(clean)
	}
	return clean
}

// classesOf are the names of the classes that occur, sorted; nil if there are none.
func classesOf(all []entry) []string {
	var names []string
	for _, e := range all {
		if e.class != "" {
			names = append(names, e.class)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// ReadList reads a list of paths, one a line, or ended by NUL bytes if null is set. Empty lines are passed over.
func ReadList(r io.Reader, null bool) ([]string, error) {
	end := byte('\n')
	if null {
		end = 0
	}
	var paths []string
	in := bufio.NewReader(r)
	for {
		line, err := in.ReadBytes(end)
		line = bytes.TrimSuffix(line, []byte{end})
		if !null {
			line = bytes.TrimSuffix(line, []byte{'\r'})
		}
		if len(line) > 0 {
			paths = append(paths, string(line))
		}
		if errors.Is(err, io.EOF) {
			return paths, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// plain is a file system error as "path: what is wrong", without the system call's name.
func plain(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return fmt.Errorf("%s: %w", p.Path, p.Err)
	}
	return err
}

// cause is a file system error without the path.
func cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
