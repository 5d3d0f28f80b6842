package dataset

import (
	"fmt"
	"io"
	"os"
	"slices"

	"herbarium/internal/images"
)

// maxFile is the size of the largest file that is read, in bytes.
const maxFile = 1 << 30

// Folder is a Source of picture files: class folders, single files and lists of them.
type Folder struct {
	args    []string
	entries []entry
	classes []string
	frame   Frame
	gate    *gate
}

// OpenFolder lists the pictures that the paths stand for; nothing is decoded yet. A path is a file or a folder. The
// sub-folders of a folder are classes; each picture is named by its path relative to the folder.
func OpenFolder(paths []string, frame Frame) (*Folder, error) {
	entries, err := find(paths)
	if err != nil {
		return nil, err
	}
	return &Folder{args: paths, entries: entries, classes: classesOf(entries), frame: frame, gate: newGate(decodeBudget)}, nil
}

// Classes are the names of the class folders that hold pictures, sorted.
func (f *Folder) Classes() []string { return f.classes }

// Len is the number of files.
func (f *Folder) Len() int { return len(f.entries) }

// Load reads, decodes and resizes file i. Its item has the keys "name" and, where it has one, "class".
func (f *Folder) Load(i int) (images.Picture, error) {
	e := f.entries[i]
	pix, h, w, err := f.decode(e)
	if err != nil {
		return images.Picture{}, fmt.Errorf("%s: %w", e.path, err)
	}
	p := images.Picture{Height: h, Width: w, U8: pix, Label: images.NoLabel, Item: images.Item{"name": e.name}}
	if e.class != "" {
		p.Label, _ = slices.BinarySearch(f.classes, e.class)
		p.Item["class"] = e.class
	}
	return p, nil
}

func (f *Folder) decode(e entry) (pix []byte, height, width int, err error) {
	data, err := e.content()
	if err != nil {
		return nil, 0, 0, err
	}
	p, err := open(data)
	if err != nil {
		return nil, 0, 0, err
	}
	defer f.gate.leave(f.gate.enter(int64(p.height) * int64(p.width) * int64(p.depth)))
	src, err := p.pixels()
	if err != nil {
		return nil, 0, 0, err
	}
	pix, height, width = f.frame.apply(src)
	return pix, height, width, nil
}

// content is the file's bytes.
func (e entry) content() ([]byte, error) {
	if e.data != nil {
		return e.data, nil
	}
	return readFile(e.path)
}

// readFile reads a whole file of bounded size. Its errors do not repeat the path.
func readFile(path string) ([]byte, error) {
	in, err := os.Open(path)
	if err != nil {
		return nil, cause(err)
	}
	defer in.Close()
	var size int64
	if info, err := in.Stat(); err == nil && info.Mode().IsRegular() {
		size = info.Size()
	}
	if size > maxFile {
		return nil, fmt.Errorf("file of %d MiB is larger than %d MiB", size>>20, maxFile>>20)
	}
	data := make([]byte, 0, size+1) // one more, so that the end is met without growing
	for {
		n, err := in.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		switch {
		case err == io.EOF:
			return data, nil
		case err != nil:
			return nil, cause(err)
		case len(data) > maxFile:
			return nil, fmt.Errorf("larger than %d MiB", maxFile>>20)
		case len(data) == cap(data):
			data = slices.Grow(data, 64<<10)
		}
	}
}
