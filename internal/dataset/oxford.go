package dataset

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"herbarium/internal/dataset/mat"
)

// The files of Oxford 102 (Nilsback & Zisserman, ICVGIP 2008): classes 1–102 by picture, and the numbers of the
// pictures in each part of the split. The photos are jpg/image_00001.jpg and so on.
const (
	oxfordLabels = "imagelabels.mat"
	oxfordSplits = "setid.mat"
	oxfordPhotos = "jpg"
)

// maxLabels is the size of the largest label file that is read, in bytes.
const maxLabels = 16 << 20

func isOxford(_ string, names []string) bool {
	return slices.Contains(names, oxfordLabels) && slices.Contains(names, oxfordSplits)
}

// openOxford lists the photos of the split, in the order of their numbers.
func openOxford(root string, o Options) (Files, error) {
	f := newFolder([]string{root}, o)
	f.folders = []string{root}
	labels, err := f.readMatrix(oxfordLabels, "labels")
	if err != nil {
		return nil, err
	}
	const most = 10000 // classes; anything above is no label
	for i, l := range labels {
		if l < 1 || l > most {
			return nil, fmt.Errorf("%s: label %d of picture %d is no class", filepath.Join(root, oxfordLabels), l, i+1)
		}
	}
	if len(labels) == 0 {
		return nil, fmt.Errorf("%s: no labels", filepath.Join(root, oxfordLabels))
	}
	if f.classes, err = named(slices.Max(labels), 1, o.Names); err != nil {
		return nil, err
	}
	photos := filepath.Join(root, oxfordPhotos)
	if info, err := os.Stat(photos); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("no folder %s: unpack 102flowers.tgz in %s", photos, root)
	}
	f.folders = append(f.folders, photos)
	numbers, err := f.oxfordSplit(o.Split, len(labels))
	if err != nil {
		return nil, err
	}
	for _, n := range numbers {
		name := fmt.Sprintf("image_%05d.jpg", n)
		f.entries = append(f.entries, entry{path: filepath.Join(photos, name), name: oxfordPhotos + "/" + name, label: labels[n-1] - 1})
	}
	return f, nil
}

// oxfordSplit are the numbers of the pictures of a split, from 1 to count, sorted.
func (f *Folder) oxfordSplit(split string, count int) ([]int, error) {
	variables := map[string][]string{"train": {"trnid"}, "val": {"valid"}, "test": {"tstid"}, "all": {"trnid", "valid", "tstid"}}
	var numbers []int
	for _, name := range variables[split] {
		part, err := f.readMatrix(oxfordSplits, name)
		if err != nil {
			return nil, err
		}
		numbers = append(numbers, part...)
	}
	slices.Sort(numbers)
	path := filepath.Join(f.args[0], oxfordSplits)
	for i, n := range numbers {
		if n < 1 || n > count {
			return nil, fmt.Errorf("%s: picture %d, but there are labels of %d", path, n, count)
		}
		if i > 0 && n == numbers[i-1] {
			return nil, fmt.Errorf("%s: picture %d occurs twice", path, n)
		}
	}
	if len(numbers) == 0 {
		return nil, fmt.Errorf("%s: no pictures in the part %q", path, split)
	}
	return numbers, nil
}

// readMatrix reads a variable of whole numbers from a MAT file in the folder, which is kept as one of the files that
// belong to the data set.
func (f *Folder) readMatrix(file, variable string) ([]int, error) {
	path := filepath.Join(f.args[0], file)
	data, err := readFile(path, maxLabels)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	all, err := mat.Read(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	m, ok := all[variable]
	if !ok {
		return nil, fmt.Errorf("%s: no matrix %q", path, variable)
	}
	out := make([]int, len(m.Values))
	for i, v := range m.Values {
		if out[i] = int(v); float64(out[i]) != v {
			return nil, fmt.Errorf("%s: %s: %v is no whole number", path, variable, v)
		}
	}
	if !slices.ContainsFunc(f.about, func(e entry) bool { return e.path == path }) {
		f.about = append(f.about, entry{path: path, name: file, data: data})
	}
	return out, nil
}
