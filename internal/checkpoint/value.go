package checkpoint

import "strings"

// What a pickle builds. Beside these there are nil, bool, int64, float64 and string.
type (
	list  struct{ items []any }
	tuple []any
	long  string // an integer of more than 64 bits, little-endian; torch.save's magic number
	blob  []byte

	// A dict keeps what has a string as its key, which names of tensors are; of other keys the values.
	dict struct {
		names  []string
		values map[string]any
		other  []any
	}

	// A global is a name that was found in the list of those known.
	global struct {
		name string // "torch._utils._rebuild_tensor_v2"
		kind globalKind
	}

	// An unread value is one that tensors do not need: a numpy number, command-line arguments.
	unread struct{}
)

// maxName is the most bytes of a tensor's name, as in a stream.
const maxName = 255

// set takes one entry; a name that is there already is refused.
func (d *dict) set(key, value any) bool {
	name, ok := key.(string)
	if !ok || len(name) > maxName {
		d.other = append(d.other, value)
		return true
	}
	if _, twice := d.values[name]; twice {
		return false
	}
	if d.values == nil {
		d.values = map[string]any{}
	}
	d.names = append(d.names, name)
	d.values[name] = value
	return true
}

// maxNesting is how deep dictionaries of tensors may lie in each other: {"model": {"ema": {...}}}.
const maxNesting = 8

// dicts lists the dictionaries that hold tensors, from the outside in.
func dicts(root any) []Dict {
	var found []Dict
	seen := map[*dict]bool{}
	var walk func(d *dict, path string, depth int)
	walk = func(d *dict, path string, depth int) {
		if seen[d] || depth > maxNesting {
			return
		}
		seen[d] = true
		var tensors []Tensor
		for _, name := range d.names {
			if t, ok := d.values[name].(*Tensor); ok {
				named := *t
				named.Name = name
				tensors = append(tensors, named)
			}
		}
		if tensors != nil {
			found = append(found, Dict{path, tensors})
		}
		for _, name := range d.names {
			if inner, ok := d.values[name].(*dict); ok {
				walk(inner, strings.TrimPrefix(path+"."+name, "."), depth+1)
			}
		}
	}
	if d, ok := root.(*dict); ok {
		walk(d, "", 0)
	}
	return found
}
