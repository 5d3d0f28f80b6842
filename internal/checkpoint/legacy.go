package checkpoint

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// magic is the first pickle of a legacy file, 0x1950a86a20f9469cfc6c.
const magic = long("\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19")

// readLegacy reads what torch.save wrote before 1.6, or writes with _use_new_zipfile_serialization=False: pickles of a
// magic number, of a version, of the machine, of the object, of the keys of storages, and then the storages, each an
// int64 with its number of elements and these, always little-endian (torch/serialization.py, _legacy_save).
func readLegacy(data []byte) ([]Dict, error) {
	rest := data
	next := func(find func(tuple) (*storage, error)) (any, error) {
		v, n, err := unpickle(rest, find)
		rest = rest[n:]
		return v, err
	}
	if v, err := next(nil); err != nil || v != magic {
		var r *Refused
		if errors.As(err, &r) {
			return nil, err
		}
		return nil, errors.New("a pickle, but not one that torch.save wrote")
	}
	for _, what := range []string{"version", "machine"} {
		if _, err := next(nil); err != nil {
			return nil, fmt.Errorf("%s: %w", what, err)
		}
	}
	found := &storages{all: map[string]*storage{}, most: len(data)}
	root, err := next(found.find)
	if err != nil {
		return nil, err
	}
	keys, err := next(nil)
	if err != nil {
		return nil, fmt.Errorf("keys of storages: %w", err)
	}
	order, ok := keys.(*list)
	if !ok {
		return nil, errors.New("the keys of storages are no list")
	}
	for _, key := range order.items {
		name, _ := key.(string)
		s := found.all[name]
		if s == nil || s.data != nil {
			return nil, fmt.Errorf("storage %.40q is not the one of any tensor, or comes twice", name)
		}
		if rest, err = s.fill(rest); err != nil {
			return nil, err
		}
	}
	for key, s := range found.all {
		if s.data == nil {
			return nil, fmt.Errorf("storage %.40q is not in the file: it is cut off", key)
		}
	}
	return dicts(root), nil
}

// fill takes the storage's count and elements from the start of data and returns what follows.
func (s *storage) fill(data []byte) ([]byte, error) {
	size := s.bytes()
	if len(data) < 8 || len(data)-8 < size {
		return nil, fmt.Errorf("storage %.40q is cut off: %d bytes are left, it has %d", s.key, len(data), 8+size)
	}
	if n := binary.LittleEndian.Uint64(data); n != uint64(s.count) {
		return nil, fmt.Errorf("storage %.40q has %d elements, its tensors say %d", s.key, n, s.count)
	}
	s.data = data[8 : 8+size : 8+size]
	return data[8+size:], nil
}
