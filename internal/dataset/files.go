package dataset

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"herbarium/internal/errs"
	"herbarium/internal/images"
)

// entry is one file of a data set.
type entry struct {
	path  string // where to open it
	name  string // how it is called in the stream: relative to the argument, with slashes
	class string // the folder that says so, or ""
	label int    // index of the class, or images.NoLabel
	arg   int    // which argument it came from
	data  []byte // its content if it can be read only once: a pipe, such as <(command) is
}

// extensions are those a folder is searched for. Formats that cannot be read are listed too, so that a folder of
// them is reported and not passed over in silence. A file named by the user is tried whatever it is called.
func extensions() []string {
	return []string{".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".heic", ".heif", ".avif", ".jxl", ".jp2"}
}

// find lists the files that the arguments stand for, in the order of the arguments and sorted by name within a
// folder. A folder's sub-folders are classes, and everything below one belongs to it; files directly in the folder
// and files that are arguments themselves have no class. Names that begin with a dot are passed over.
func (f *Folder) find() error {
	for i, arg := range f.args {
		before := len(f.entries)
		if err := f.findArgument(arg); err != nil {
			return err
		}
		for j := range f.entries[before:] {
			f.entries[before+j].arg = i
		}
	}
	f.tellPassed()
	return nil
}

// stdin is the argument that stands for standard input.
const stdin = "-"

func (f *Folder) findArgument(arg string) error {
	if arg == stdin {
		data, err := readAll(os.Stdin, maxFile)
		if err != nil {
			return fmt.Errorf("standard input: %w", err)
		}
		f.entries = append(f.entries, entry{path: arg, name: "stdin", data: data})
		return nil
	}
	info, err := os.Stat(arg)
	if err != nil {
		return plain(err)
	}
	if !info.IsDir() {
		e := entry{path: arg, name: fileName(arg)}
		if !info.Mode().IsRegular() {
			if e.data, err = readFile(arg, maxFile); err != nil {
				return fmt.Errorf("%s: %w", arg, err)
			}
		}
		f.entries = append(f.entries, e)
		return nil
	}
	before := len(f.entries)
	if err := f.findIn(arg); err != nil {
		return err
	}
	if len(f.entries) == before {
		return fmt.Errorf("no pictures in folder %s (looked for %s)", arg, strings.Join(extensions(), " "))
	}
	return nil
}

// findIn appends the pictures of one folder argument.
func (f *Folder) findIn(root string) error {
	list, err := os.ReadDir(root) // sorted by name
	if err != nil {
		return plain(err)
	}
	f.folders = append(f.folders, root)
	var classes []*classFolder
	for _, e := range list {
		path := filepath.Join(root, e.Name())
		switch isDir, ok := follow(path, e); {
		case isDir:
			c, err := f.findClass(root, e.Name())
			if err != nil {
				return err
			}
			classes = append(classes, c)
		case ok && isPicture(e.Name()):
			f.entries = append(f.entries, entry{path: path, name: e.Name()})
		default:
			f.pass(e.Name())
		}
	}
	return f.checkClasses(root, classes)
}

// classify numbers the classes that occur by their names.
func (f *Folder) classify() {
	for _, e := range f.entries {
		if e.class != "" {
			f.classes = append(f.classes, e.class)
		}
	}
	slices.Sort(f.classes)
	f.classes = slices.Compact(f.classes)
	for i := range f.entries {
		e := &f.entries[i]
		e.label = images.NoLabel
		if e.class != "" {
			e.label, _ = slices.BinarySearch(f.classes, e.class)
		}
	}
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

// pass counts a file of a folder that is left out because of its name or because it is none that can be read.
func (f *Folder) pass(name string) {
	if strings.HasPrefix(name, ".") {
		return
	}
	end := strings.ToLower(filepath.Ext(name))
	if end == "" {
		end = "without ending"
	}
	f.passed[end]++
}

// tellPassed says what was left out.
func (f *Folder) tellPassed() {
	kinds := slices.Sorted(maps.Keys(f.passed))
	for i, kind := range kinds {
		kinds[i] = fmt.Sprintf("%d %s", f.passed[kind], kind)
	}
	if len(kinds) > 0 {
		f.warnf("files passed over, by the ends of their names: %s", errs.Few(kinds))
	}
}

func isPicture(name string) bool {
	return slices.Contains(extensions(), strings.ToLower(filepath.Ext(name)))
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
