package main

import (
	"fmt"
	"slices"
	"strings"

	"herbarium/internal/checkpoint"
	"herbarium/internal/errs"
	"herbarium/internal/images"
)

// first is the parameter by which a residual net is found: all have it.
const first = "layer1.0.conv1.weight"

// A candidate is a net in a file: tensors below one prefix.
type candidate struct {
	path    string // of its dictionary and its keys: "state_dict.module."
	tensors map[string]*checkpoint.Tensor
	outside map[string]*checkpoint.Tensor // the others of its dictionary, by whole key
}

// candidates lists the nets of a file.
func candidates(dicts []checkpoint.Dict) []candidate {
	var all []candidate
	for i := range dicts {
		d := &dicts[i]
		for _, t := range d.Tensors {
			prefix, ok := strings.CutSuffix(t.Name, first)
			if !ok || prefix != "" && !strings.HasSuffix(prefix, ".") {
				continue
			}
			c := candidate{prefix, map[string]*checkpoint.Tensor{}, map[string]*checkpoint.Tensor{}}
			if d.Path != "" {
				c.path = d.Path + "." + prefix
			}
			for j := range d.Tensors {
				t := &d.Tensors[j]
				if name, ok := strings.CutPrefix(t.Name, prefix); ok {
					c.tensors[name] = t
				} else {
					c.outside[t.Name] = t
				}
			}
			all = append(all, c)
		}
	}
	return all
}

// find returns the net of the file: the only one, or that of --prefix.
func (c *command) find(dicts []checkpoint.Dict) (candidate, error) {
	all := candidates(dicts)
	var paths []string
	for _, one := range all {
		paths = append(paths, fmt.Sprintf("%q", one.path))
	}
	if c.Prefix != "" {
		for _, one := range all {
			if strings.TrimSuffix(one.path, ".") == strings.TrimSuffix(c.Prefix, ".") {
				one.outside = nil
				return one, nil
			}
		}
		return candidate{}, fmt.Errorf("no net under --prefix %s; there are %s", c.Prefix, strings.Join(paths, ", "))
	}
	switch len(all) {
	case 0:
		err := fmt.Errorf("%s holds no residual net: no key ends with %s", c.File, first)
		return candidate{}, errs.Hint(err, "its keys are %s", some(dicts))
	case 1:
		return all[0], nil
	}
	return candidate{}, errs.Hint(fmt.Errorf("%s holds %d nets", c.File, len(all)), "take one by --prefix: %s", strings.Join(paths, ", "))
}

// some are the first keys of a file.
func some(dicts []checkpoint.Dict) string {
	var names []string
	for _, d := range dicts {
		for _, t := range d.Tensors {
			if len(names) == 8 {
				return strings.Join(names, ", ") + " ..."
			}
			names = append(names, t.Name)
		}
	}
	return strings.Join(names, ", ")
}

// backbone says whether a parameter belongs to the layers below the head.
func backbone(name string) bool {
	stage, _, _ := strings.Cut(name, ".")
	return stage == "conv1" || stage == "bn1" || strings.HasPrefix(stage, "layer")
}

// channels are those of the images that the net sees: as its first convolution says, where that is gray.
func (n *candidate) channels() int {
	for _, name := range []string{"conv1.weight", "conv1.0.weight"} {
		if t := n.tensors[name]; t != nil && len(t.Shape) == 4 && t.Shape[1] == images.Gray {
			return images.Gray
		}
	}
	return images.RGB
}

// head finds the linear layer that is left beside the backbone: its name and its weight. With several, one of the
// usual names is taken. "" if there is none.
func (n *candidate) head() (string, *checkpoint.Tensor, error) {
	found := map[string]*checkpoint.Tensor{}
	for _, tensors := range []map[string]*checkpoint.Tensor{n.tensors, n.outside} {
		for name, t := range tensors {
			if layer, ok := strings.CutSuffix(name, ".weight"); ok && len(t.Shape) == 2 && !backbone(name) {
				found[layer] = t
			}
		}
		if len(found) > 0 {
			break
		}
	}
	var names []string
	for name := range found {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, usual := range []string{"fc", "linear", "classifier", "head"} {
		if len(names) > 1 && slices.Contains(names, usual) {
			names = []string{usual}
		}
	}
	switch len(names) {
	case 0:
		return "", nil, nil // a backbone
	case 1:
		return names[0], found[names[0]], nil
	}
	return "", nil, errs.Hint(fmt.Errorf("%d linear layers are left, %s: a head of one layer is needed", len(names), strings.Join(names, ", ")),
		"--no-classes adopts the net without them, up to the means of its channels")
}
