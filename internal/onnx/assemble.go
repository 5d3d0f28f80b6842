package onnx

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"herbarium/format"
	"herbarium/internal/graph"
)

// assemble makes a net of the nodes that node at needs, which is the logits if it gives one number for each class.
func (t *translator) assemble(at int, logits bool) (*graph.Net, error) {
	need := make([]bool, at+1)
	need[at] = true
	for i := at; i >= 0; i-- {
		for _, in := range t.made[i].in {
			if need[i] && in != input {
				need[in] = true
			}
		}
	}
	channels := t.in[0]
	first := graph.Node{Name: "normalize", In: []string{graph.Input}, Op: graph.Normalize{Mean: make([]float64, channels), Std: slices.Repeat([]float64{1}, channels)}}
	g := &graph.Graph{Nodes: []graph.Node{first}, Aliases: map[string]string{}}
	net := &graph.Net{Graph: g, Params: map[string]format.Tensor{}, Input: t.in, Arch: "onnx"}
	used := map[string]int{graph.Input: 1, first.Name: 1, graph.Logits: 1}
	called := map[int]string{input: first.Name}
	several := map[string]int{} // nodes that are a module by themselves, as far as they know
	for i := range need {
		if m := &t.made[i]; need[i] && m.name == m.module {
			several[m.name]++
		}
	}
	t.join(need)
	last := map[string]string{} // node of each module's path that is computed last, which is what the module gives
	for i := range need {
		if !need[i] {
			continue
		}
		m := &t.made[i]
		node := graph.Node{Op: m.op}
		name := m.name
		if name == m.module && several[name] > 1 {
			name += "." + m.op.Name()
		}
		node.Name = unique(name, m.op.Name(), used)
		for _, in := range m.in {
			node.In = append(node.In, called[in])
		}
		called[i] = node.Name
		for p := m.module; p != ""; p = parent(p) {
			last[p] = node.Name
		}
		for _, suffix := range slices.Sorted(maps.Keys(m.params)) {
			of := node.Name + "." + suffix
			if suffix == "" { // of the op parameter
				of = node.Name
			}
			p, err := t.parameter(of, m.params[suffix])
			if err != nil {
				return nil, fmt.Errorf("node %q: %w", node.Name, err)
			}
			net.Params[p.Name] = p
		}
		g.Nodes = append(g.Nodes, node)
	}
	for _, module := range slices.Sorted(maps.Keys(last)) {
		if used[module] == 0 && len(g.Aliases) < 1000 {
			g.Aliases[module] = last[module]
		}
	}
	if logits {
		g.Aliases[graph.Logits] = called[at]
	}
	return net, g.Validate()
}

// unique is a name that no node has. used counts how often each was asked for.
func unique(name, op string, used map[string]int) string {
	if name == "" {
		name = op
	}
	if name == "stat" || strings.HasPrefix(name, "stat.") {
		name = "net." + name // names below stat are a net's statistics
	}
	free := name
	for used[free] > 0 {
		free = fmt.Sprintf("%s_%d", name, used[name])
		used[name]++
	}
	used[free]++
	return free
}

// parameter is a constant as F32, a view of it where it is that.
func (t *translator) parameter(name string, c *constant) (format.Tensor, error) {
	if c.DType == format.F32 {
		return format.Tensor{Name: name, DType: format.F32, Shape: c.Shape, Data: c.Data}, nil
	}
	if err := t.spend(4 * c.Len()); err != nil {
		return format.Tensor{}, err
	}
	v, err := format.Float32s(&constant{Name: name, DType: c.DType, Shape: c.Shape, Data: c.Data})
	return format.Of(name, c.Shape, v), err
}
