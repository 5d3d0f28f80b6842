package dataset

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// IDX is the format of MNIST (LeCun et al. 1998) and of sets made like it: two zero bytes, a type (8 is bytes), the
// number of dimensions, the dimensions in 32 bits big-endian, then the values. Pictures and labels lie in two files
// whose names differ in "images-idx3" and "labels-idx1"; either may be compressed by gzip.

func isIDXImages(name string) bool {
	name = strings.ToLower(filepath.Base(name))
	return strings.Contains(name, "images") && strings.Contains(name, "idx3")
}

func isIDXFolder(_ string, names []string) bool { return slices.ContainsFunc(names, isIDXImages) }

func isIDXFile(path string, names []string) bool { return names == nil && isIDXImages(path) }

// idxSplit is the part that a file's name says it is.
func idxSplit(name string) string {
	name = strings.ToLower(name)
	switch {
	case strings.Contains(name, "train"):
		return "train"
	case strings.Contains(name, "t10k") || strings.Contains(name, "test"):
		return "test"
	}
	return ""
}

// openIDXFolder opens the files of a split in a folder. Where one lies both compressed and not, the latter is read.
func openIDXFolder(root string, o Options) (Files, error) {
	list, err := os.ReadDir(root)
	if err != nil {
		return nil, plain(err)
	}
	found := map[string]string{}
	for _, e := range list { // sorted: a compressed file comes after its twin
		split := idxSplit(e.Name())
		if !isIDXImages(e.Name()) || split == "" {
			continue
		}
		before := found[split]
		if before != "" && strings.TrimSuffix(e.Name(), ".gz") != strings.TrimSuffix(before, ".gz") {
			return nil, fmt.Errorf("%s holds several data sets: give one file, such as %s", root, filepath.Join(root, before))
		}
		if before == "" {
			found[split] = e.Name()
		}
	}
	r := &records{path: root, frame: o.Frame, folder: root}
	for _, split := range []string{"train", "test"} {
		if o.Split != split && o.Split != "all" {
			continue
		}
		if found[split] == "" {
			return nil, fmt.Errorf("no pictures for --split %s in %s", split, root)
		}
		if err := r.addIDX(filepath.Join(root, found[split]), split); err != nil {
			return nil, err
		}
	}
	return r, r.nameIDX(o.Names)
}

// openIDXFile opens one file of pictures and that of their labels.
func openIDXFile(path string, o Options) (Files, error) {
	r := &records{path: path, frame: o.Frame}
	name := idxSplit(filepath.Base(path))
	if name == "" {
		name = "images"
	}
	if err := r.addIDX(path, name); err != nil {
		return nil, err
	}
	return r, r.nameIDX(o.Names)
}

// nameIDX gives classes their names: the numbers, unless there are others.
func (r *records) nameIDX(names []string) error {
	most := 9 // a part may lack the last digits
	for _, p := range r.parts {
		for _, l := range p.labels {
			most = max(most, int(l))
		}
	}
	if path, err := filepath.Abs(r.path); names == nil && err == nil && strings.Contains(strings.ToLower(path), "fashion") {
		names = fashion()
	}
	var err error
	if r.classes, err = named(most+1, 0, names); err != nil {
		return err
	}
	return r.checkLabels()
}

// fashion are the classes of Fashion-MNIST (Xiao, Rasul & Vollgraf 2017), whose files are called like MNIST's.
func fashion() []string {
	return []string{"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"}
}

// addIDX opens a file of pictures and reads that of their labels.
func (r *records) addIDX(path, name string) error {
	images, err := openIDX(path, 3)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	labelPath, err := labelsOf(path)
	if err != nil {
		return err
	}
	labels, err := openIDX(labelPath, 1)
	if err != nil {
		return fmt.Errorf("%s: %w", labelPath, err)
	}
	n, h, w := images.dims[0], images.dims[1], images.dims[2]
	if labels.dims[0] != n {
		return fmt.Errorf("%s has %d labels for the %d pictures of %s", labelPath, labels.dims[0], n, path)
	}
	if h > maxSide || w > maxSide || h*w == 0 {
		return fmt.Errorf("%s: pictures of %dx%d", path, h, w)
	}
	p := part{file: path, name: name, pixels: images.values, start: images.start, stride: int64(h * w), channels: 1, height: h, width: w}
	p.labels = make([]byte, n)
	if _, err := labels.values.ReadAt(p.labels, labels.start); err != nil && n > 0 {
		return fmt.Errorf("%s: %w", labelPath, cause(err))
	}
	r.parts = append(r.parts, p)
	r.files = append(r.files, path, labelPath)
	return nil
}

// labelsOf is the file of labels beside a file of pictures, compressed or not.
func labelsOf(path string) (string, error) {
	dir, name := filepath.Split(path)
	twin := strings.NewReplacer("images", "labels", "Images", "Labels", "idx3", "idx1").Replace(name)
	plainTwin, compressed := strings.CutSuffix(twin, ".gz")
	candidates := []string{twin, plainTwin}
	if !compressed {
		candidates = []string{twin, twin + ".gz"}
	}
	for _, c := range candidates {
		if _, err := os.Stat(dir + c); err == nil && c != name {
			return dir + c, nil
		}
	}
	return "", fmt.Errorf("%s: no labels: looked for %s", path, strings.Join(candidates, " and "))
}

// idx is an open file of bytes.
type idx struct {
	dims   []int
	values io.ReaderAt
	start  int64 // where the values begin
}

// openIDX opens a file with so many dimensions. A plain one stays open and is read where it is asked for; a
// compressed one is read into memory.
func openIDX(path string, rank int) (*idx, error) {
	in, err := os.Open(path)
	if err != nil {
		return nil, cause(err)
	}
	info, err := in.Stat()
	if err != nil {
		in.Close()
		return nil, cause(err)
	}
	magic, err := bufio.NewReader(in).Peek(2)
	if err == nil && string(magic) == "\x1f\x8b" {
		defer in.Close()
		return readIDX(io.NewSectionReader(in, 0, info.Size()), info.Size(), rank)
	}
	x := &idx{values: in, start: int64(4 + 4*rank)}
	size, err := x.header(io.NewSectionReader(in, 0, info.Size()), rank)
	if err == nil && info.Size() != x.start+size {
		err = fmt.Errorf("%d bytes, but its header says %d", info.Size(), x.start+size)
	}
	if err != nil {
		in.Close()
		return nil, err
	}
	return x, nil
}

// readIDX decompresses a file of so many bytes.
func readIDX(in io.Reader, compressed int64, rank int) (*idx, error) {
	z, err := gzip.NewReader(bufio.NewReaderSize(in, 1<<16))
	if err != nil {
		return nil, fmt.Errorf("broken gzip: %w", err)
	}
	x := &idx{}
	size, err := x.header(z, rank)
	if err != nil {
		return nil, err
	}
	const most = 1032 // deflate shrinks nothing further
	if size/most > compressed {
		return nil, fmt.Errorf("header says %d bytes, which cannot be in %d compressed ones", size, compressed)
	}
	var values bytes.Buffer
	values.Grow(int(min(size, 64<<20)) + bytes.MinRead)
	n, err := values.ReadFrom(io.LimitReader(z, size+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("broken gzip: %w", err)
	case n != size:
		return nil, fmt.Errorf("%d bytes or more, but its header says %d", n, size)
	}
	x.values = bytes.NewReader(values.Bytes())
	return x, nil
}

// header reads the dimensions and returns how many bytes of values there should be.
func (x *idx) header(in io.Reader, rank int) (int64, error) {
	head := make([]byte, 4+4*rank)
	if _, err := io.ReadFull(in, head); err != nil {
		return 0, errors.New("no IDX file: shorter than its header")
	}
	if want := []byte{0, 0, 8, byte(rank)}; !bytes.Equal(head[:4], want) {
		return 0, fmt.Errorf("no IDX file of bytes in %d dimensions: begins with % x, want % x", rank, head[:4], want)
	}
	size := int64(1)
	for i := range rank {
		n := int64(binary.BigEndian.Uint32(head[4+4*i:]))
		x.dims = append(x.dims, int(n))
		if n > 0 && size > maxFile/n {
			return 0, fmt.Errorf("%v is more than %d MiB", x.dims, maxFile>>20)
		}
		size *= n
	}
	return size, nil
}
