package checkpoint

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"
)

// An archive is a zip file in memory whose entries are stored as they are, as torch.save does: nothing in it can grow.
// Names are only looked up, never used as paths.
type archive struct {
	data   []byte
	prefix string // "archive/"
	files  map[string]*zip.File
	read   int // bytes of the entries read so far
}

// readZip reads what torch.save has written since 1.6: PREFIX/data.pkl, and each storage as PREFIX/data/KEY.
func readZip(data []byte) ([]Dict, error) {
	a, err := openArchive(data)
	if err != nil {
		return nil, err
	}
	swapped := false
	if a.files[a.prefix+"byteorder"] != nil {
		order, err := a.entry("byteorder")
		if err != nil {
			return nil, err
		}
		if swapped = string(order) == "big"; !swapped && string(order) != "little" {
			return nil, fmt.Errorf("byteorder %.20q is neither little nor big", order)
		}
	}
	pickle, err := a.entry("data.pkl")
	if err != nil {
		return nil, err
	}
	found := &storages{all: map[string]*storage{}, most: len(data), fill: func(s *storage) error {
		b, err := a.entry("data/" + s.key)
		if err == nil && len(b) != s.bytes() {
			err = fmt.Errorf("storage %.40q has %d bytes, its tensors say %d", s.key, len(b), s.bytes())
		}
		s.data, s.swapped = b, swapped
		return err
	}}
	root, _, err := unpickle(pickle, found.find)
	if err != nil {
		return nil, err
	}
	return dicts(root), nil
}

func openArchive(data []byte) (*archive, error) {
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if errors.Is(err, zip.ErrFormat) || errors.Is(err, zip.ErrAlgorithm) {
		return nil, errors.New("a zip file without its directory: it is cut off or damaged")
	}
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, fmt.Errorf("zip: %w", err)
	}
	a := &archive{data: data, files: make(map[string]*zip.File, len(r.File))}
	pickles := 0
	for _, f := range r.File {
		if a.files[f.Name] != nil {
			return nil, fmt.Errorf("zip: entry %.100q appears twice", f.Name)
		}
		a.files[f.Name] = f
		if prefix, ok := strings.CutSuffix(f.Name, "/data.pkl"); ok && !strings.Contains(prefix, "/") {
			a.prefix = prefix + "/"
			pickles++
		}
	}
	switch {
	case pickles == 0:
		return nil, errors.New("a zip file that torch.save did not write: it has no data.pkl")
	case pickles > 1:
		return nil, errors.New("zip: more than one data.pkl")
	case a.files[a.prefix+"constants.pkl"] != nil:
		return nil, errors.New("a TorchScript program: load it with torch.jit.load and save its state_dict()")
	}
	return a, nil
}

// entry returns the content of an entry: a part of the file.
func (a *archive) entry(name string) ([]byte, error) {
	f := a.files[a.prefix+name]
	if f == nil {
		return nil, fmt.Errorf("zip: entry %.100q is missing", a.prefix+name)
	}
	if f.Method != zip.Store || f.CompressedSize64 != f.UncompressedSize64 {
		return nil, fmt.Errorf("zip: entry %.100q is compressed: torch.save stores; unpack and save it again", f.Name)
	}
	start, err := f.DataOffset()
	if err != nil {
		return nil, fmt.Errorf("zip: entry %.100q: %w", f.Name, err)
	}
	if start < 0 || uint64(start) > uint64(len(a.data)) || f.UncompressedSize64 > uint64(len(a.data))-uint64(start) {
		return nil, fmt.Errorf("zip: entry %.100q reaches beyond the file", f.Name)
	}
	// Entries that overlap would let a small file be read forever.
	if a.read += int(f.UncompressedSize64); a.read > len(a.data) {
		return nil, errors.New("zip: its entries overlap")
	}
	end := start + int64(f.UncompressedSize64)
	content := a.data[start:end:end]
	if crc32.ChecksumIEEE(content) != f.CRC32 {
		return nil, fmt.Errorf("zip: entry %.100q is damaged: its checksum differs", f.Name)
	}
	return content, nil
}
