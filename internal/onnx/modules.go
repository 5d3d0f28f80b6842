package onnx

import (
	"slices"
	"strings"

	"herbarium/internal/graph"
)

// join puts nodes into modules that are known by their parameters alone, as exporters before PyTorch 1.13 leave them: a
// sum or an activation is in the module of what comes into it, so that a block ends with the ReLU after its sum and not
// with its last convolution. A shortcut is where it ends, not where it begins.
func (t *translator) join(need []bool) {
	if t.names.told {
		return
	}
	pooled := map[string]bool{} // modules with a pooling between two of their layers
	for i := range t.made[:len(need)] {
		m := &t.made[i]
		if !need[i] || t.named(i) {
			continue
		}
		var from []string
		for _, in := range m.in {
			if in != input && !slices.ContainsFunc(m.in, func(other int) bool { return other != in && t.leads(in, other) }) {
				from = append(from, t.made[in].module)
			}
		}
		if len(from) == 0 {
			continue
		}
		module := common(from)
		switch m.op.(type) {
		case graph.MaxPool, graph.AvgPool: // of the module only if more of it follows, or did so before
			next := t.following(i, need)
			if within := common([]string{module, next}); within != "" {
				pooled[within] = true
				module = within
			} else if !pooled[module] {
				continue
			}
		case graph.GAP, graph.Flatten, graph.Linear, graph.Softmax:
			continue
		}
		m.module = module
	}
}

// named says whether it is known which module a node is in: by its name, or none if it has parameters without one.
func (t *translator) named(i int) bool { return t.made[i].given || len(t.made[i].params) > 0 }

// following is the module of the next node whose name says it.
func (t *translator) following(i int, need []bool) string {
	for k := i + 1; k < len(need); k++ {
		if need[k] && t.named(k) {
			return t.made[k].module
		}
	}
	return ""
}

// leads says whether node a is what node b comes from.
func (t *translator) leads(a, b int) bool {
	seen := map[int]bool{}
	todo := []int{b}
	for len(todo) > 0 {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, in := range t.made[max(at, 0)].in {
			if in == a {
				return true
			}
			if in > a && !seen[in] {
				seen[in] = true
				todo = append(todo, in)
			}
		}
	}
	return false
}

// common is the innermost module that all are in.
func common(modules []string) string {
	all := strings.Split(modules[0], ".")
	for _, m := range modules[1:] {
		parts := strings.Split(m, ".")
		k := 0
		for k < len(all) && k < len(parts) && all[k] == parts[k] {
			k++
		}
		all = all[:k]
	}
	return strings.Join(all, ".")
}
