package dataset

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The binary versions of CIFAR-10 and CIFAR-100 (Krizhevsky 2009): a picture is its labels, a byte each, then three
// planes of 32x32 bytes.
const (
	cifarSide   = 32
	cifarPixels = 3 * cifarSide * cifarSide
	cifar10Meta = "batches.meta.txt"
	fineNames   = "fine_label_names.txt"
)

func isCIFAR10(_ string, names []string) bool {
	return slices.Contains(names, "data_batch_1.bin") || slices.Contains(names, "test_batch.bin")
}

func isCIFAR100(_ string, names []string) bool { return slices.Contains(names, fineNames) }

func openCIFAR10(root string, o Options) (Files, error) {
	train := []string{"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"}
	return openCIFAR(root, o, cifar10Meta, 1, map[string][]string{"train": train, "test": {"test_batch.bin"}})
}

// openCIFAR100 takes the 100 fine labels; the coarse ones come first in each record.
func openCIFAR100(root string, o Options) (Files, error) {
	return openCIFAR(root, o, fineNames, 2, map[string][]string{"train": {"train.bin"}, "test": {"test.bin"}})
}

// openCIFAR opens the files of a split; the last of labelBytes bytes before each picture is its label.
func openCIFAR(root string, o Options, namesFile string, labelBytes int, files map[string][]string) (Files, error) {
	r := &records{path: root, frame: o.Frame}
	names := filepath.Join(root, namesFile)
	text, err := readFile(names, maxLabels)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", names, err)
	}
	r.files = append(r.files, names)
	r.classes = strings.Fields(string(text))
	if o.Names != nil {
		if r.classes, err = named(len(r.classes), 0, o.Names); err != nil {
			return nil, err
		}
	}
	for _, split := range []string{"train", "test"} {
		if o.Split != split && o.Split != "all" {
			continue
		}
		number := 0
		for _, name := range files[split] {
			p, err := openBatch(filepath.Join(root, name), labelBytes)
			if err != nil {
				return nil, err
			}
			p.name, p.number = split, number
			number += len(p.labels)
			r.parts = append(r.parts, p)
			r.files = append(r.files, p.file)
		}
	}
	return r, r.checkLabels()
}

// openBatch opens one file and reads its labels. The file stays open.
func openBatch(path string, labelBytes int) (part, error) {
	stride := int64(labelBytes + cifarPixels)
	p := part{file: path, start: int64(labelBytes), stride: stride, channels: 3, height: cifarSide, width: cifarSide}
	in, err := os.Open(path)
	if err != nil {
		return p, plain(err)
	}
	info, err := in.Stat()
	if err == nil && (info.Size() == 0 || info.Size()%stride != 0) {
		err = fmt.Errorf("%s: %d bytes are no whole number of records of %d", path, info.Size(), stride)
	}
	if err == nil && info.Size() > maxFile {
		err = fmt.Errorf("%s: larger than %d MiB", path, maxFile>>20)
	}
	if err != nil {
		in.Close()
		return p, plain(err)
	}
	p.pixels = in
	p.labels = make([]byte, info.Size()/stride)
	for i := range p.labels {
		if _, err := in.ReadAt(p.labels[i:i+1], int64(i)*stride+int64(labelBytes)-1); err != nil {
			in.Close()
			return p, plain(err)
		}
	}
	return p, nil
}
