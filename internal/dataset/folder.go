package dataset

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"herbarium/internal/images"
)

// maxFile is the size of the largest file that is read, in bytes.
const maxFile = 1 << 30

// Folder is a Source of picture files: class folders, single files and lists of them.
type Folder struct {
	args    []string
	entries []entry
	about   []entry  // files that say something about the pictures
	folders []string // all that were searched
	classes []string
	frame   Frame
	pixels  int64 // the largest photo that is decoded
	gate    *gate
	passed  map[string]int // files of folders that were left out, by the ends of their names
	warnf   func(layout string, args ...any)
}

// newFolder is a Folder without files yet.
func newFolder(args []string, o Options) *Folder {
	f := &Folder{args: args, frame: o.Frame, pixels: o.MaxPixels, gate: newGate(decodeBudget), passed: map[string]int{}, warnf: o.Warnf}
	if f.pixels == 0 {
		f.pixels = DefaultPixels
	}
	if f.warnf == nil {
		f.warnf = func(string, ...any) {}
	}
	return f
}

// openFolder lists the pictures that the paths stand for. A path is a file or a folder. The sub-folders of a folder
// are classes; each picture is named by its path relative to the folder.
func openFolder(paths []string, o Options) (*Folder, error) {
	f := newFolder(paths, o)
	if err := f.find(); err != nil {
		return nil, err
	}
	f.classify()
	return f, nil
}

// Classes are the names of the class folders that hold pictures, sorted, or those of the data set.
func (f *Folder) Classes() []string { return f.classes }

// Len is the number of files.
func (f *Folder) Len() int { return len(f.entries) }

// Label is the class of file i.
func (f *Folder) Label(i int) int { return f.entries[i].label }

// Load reads, decodes and resizes file i. Its item has the keys "name" and, where it has one, "class".
func (f *Folder) Load(i int) (images.Picture, error) {
	e := f.entries[i]
	pix, h, w, err := f.decode(e)
	if err != nil {
		return images.Picture{}, fmt.Errorf("%s: %w", e.path, err)
	}
	p := images.Picture{Height: h, Width: w, U8: pix, Label: e.label, Item: images.Item{images.KeyName: e.name}}
	if e.label != images.NoLabel {
		p.Item[images.KeyClass] = f.classes[e.label]
	}
	return p, nil
}

// Depends are the files named by order, in that of the listing, and what else was read.
func (f *Folder) Depends(order []int) []string {
	order = slices.Clone(order)
	slices.Sort(order)
	var paths []string
	for _, folder := range f.folders {
		paths = append(paths, asFolder(folder))
	}
	for _, e := range f.about {
		paths = append(paths, e.path)
	}
	for _, i := range order {
		if e := f.entries[i]; e.data == nil {
			paths = append(paths, e.path)
		}
	}
	return paths
}

// asFolder is the path of a folder, with a slash at its end.
func asFolder(path string) string { return strings.TrimRight(path, "/") + "/" }

func (f *Folder) decode(e entry) (pix []byte, height, width int, err error) {
	data, err := e.content()
	if err != nil {
		return nil, 0, 0, err
	}
	p, err := open(data, f.pixels)
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
	return readFile(e.path, maxFile)
}

// readFile reads a whole file of at most limit bytes. Its errors do not repeat the path.
func readFile(path string, limit int64) ([]byte, error) {
	in, err := os.Open(path)
	if err != nil {
		return nil, cause(err)
	}
	defer in.Close()
	return readAll(in, limit)
}

// readAll reads an open file to its end, as readFile does.
func readAll(in *os.File, limit int64) ([]byte, error) {
	var size int64
	if info, err := in.Stat(); err == nil && info.Mode().IsRegular() {
		size = info.Size()
	}
	if size > limit {
		return nil, fmt.Errorf("file of %d MiB is larger than %d MiB", size>>20, limit>>20)
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
		case int64(len(data)) > limit:
			return nil, fmt.Errorf("larger than %d MiB", limit>>20)
		case len(data) == cap(data):
			data = slices.Grow(data, 64<<10)
		}
	}
}
