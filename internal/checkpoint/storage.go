package checkpoint

import (
	"errors"
	"fmt"

	"herbarium/format"
)

// storages are those of one file, by key.
type storages struct {
	all  map[string]*storage
	fill func(*storage) error // gives a new storage its data; nil where they come later
	most int                  // bytes that a storage can have: those of the file
}

// find returns the storage of a persistent id: ("storage", class, key, location, count), and in legacy files the part
// of another that it views, or None.
func (f *storages) find(id tuple) (*storage, error) {
	what, _ := at[string](id, 0)
	class, ok := at[*global](id, 1)
	key, ok1 := at[string](id, 2)
	count, ok2 := at[int64](id, 4)
	if what != "storage" || !ok || !ok1 || !ok2 || class.kind != anElement {
		return nil, errors.New("a reference to what is outside of the pickle, not to a storage")
	}
	if len(id) > 5 && id[5] != nil {
		return nil, fmt.Errorf("storage %.40q is part of another, as torch before 0.4 saved it: load and save it again", key)
	}
	dtype := element(class.name)
	if class.name == untyped {
		dtype = format.U8
	}
	if dtype == "" {
		return nil, fmt.Errorf("storage %.40q is of class %s", key, class.name)
	}
	if count < 0 || count > int64(f.most/dtype.Size()) {
		return nil, fmt.Errorf("storage %.40q claims %d elements of %s, the file has %d bytes", key, count, dtype, f.most)
	}
	if s := f.all[key]; s != nil {
		if s.dtype != dtype || s.count != int(count) {
			return nil, fmt.Errorf("storage %.40q is described in two ways", key)
		}
		return s, nil
	}
	s := &storage{key: key, dtype: dtype, count: int(count)}
	f.all[key] = s
	if f.fill == nil {
		return s, nil
	}
	return s, f.fill(s)
}
