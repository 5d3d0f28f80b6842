package onnx

import (
	"path"
	"regexp"
	"strings"

	"herbarium/internal/graph"
)

// names finds out what PyTorch called things. An exporter leaves traces of that in three places: names of initializers
// ("layer1.0.conv1.weight"), names of nodes ("/layer1/layer1.0/conv1/Conv", torch 1.13 and later) and metadata of
// nodes (name_scopes, torch 2.5 and later).
type names struct {
	inner  map[string]bool // paths of modules that have modules inside
	told   bool            // nodes say which module they are in
	shared map[string]bool // values that several nodes use: exporters write equal parameters once, under one of their names
}

func newNames(nodes []*node) names {
	n := names{inner: map[string]bool{}, shared: map[string]bool{}}
	used := map[string]bool{}
	for _, node := range nodes {
		for _, in := range node.in {
			n.shared[in] = n.shared[in] || used[in] && node.op != "Identity"
			used[in] = true
		}
		n.told = n.told || n.module(node) != ""
		for p := parent(n.module(node)); p != ""; p = parent(p) {
			n.inner[p] = true
		}
	}
	return n
}

// module is the dotted path of the module that a node is in; "" at the top and where nothing is known.
func (names) module(n *node) string {
	if n.scopes != "" {
		// "['', 'layer1', 'layer1.0', 'layer1.0.conv1', 'conv2d_1']": the last is the operation.
		parts := strings.Split(strings.Trim(n.scopes, "[]"), ", ")
		if len(parts) < 2 {
			return ""
		}
		return clean(strings.Trim(parts[len(parts)-2], "'"))
	}
	dir, _ := path.Split(n.name)
	var whole, before string
	for _, part := range strings.Split(strings.Trim(dir, "/"), "/") {
		switch {
		case part == "" || part == "StatefulPartitionedCall":
		case before != "" && strings.HasPrefix(part, before+"."):
			whole = strings.TrimSuffix(whole, before) + part
		case whole == "":
			whole = part
		default:
			whole += "." + part
		}
		before = part
	}
	return clean(whole)
}

// made by the exporter, and no name of anything: numbers, "onnx::Conv_193", "val_7", "/layer1/Constant_output_0",
// "StatefulPartitionedCall:0", "node_Conv_292", "Conv_12"
var counter = regexp.MustCompile(`^(\d+|onnx::.*|val_\d+|/.*|node_.*|[A-Z][A-Za-z]*_\d+)$`)

var unfit = regexp.MustCompile(`[^A-Za-z0-9_.-]+`)

// clean makes a name one that a graph takes.
func clean(name string) string {
	name = strings.Trim(unfit.ReplaceAllString(strings.ReplaceAll(name, "/", "."), "_"), ".")
	return name[max(0, len(name)-150):]
}

// of returns the name that a node made for n should have, and the path of the module that n is in, or is.
func (n names) of(from *node, s *spec) (name, module string, given bool) {
	if from == nil {
		return s.op.Name(), "", false
	}
	module = n.module(from)
	suffix := s.name
	switch own := n.parameter(s, module); {
	case own != "":
		name, module, given = own, parent(own), true
	case module != "" && !n.inner[module]:
		name = module
	case module != "":
		name, suffix = module+"."+s.op.Name(), ""
	default:
		name = strings.TrimSuffix(from.name, "_QuantizeLinear") // ONNX Runtime's quantizer calls them by what they round
		if name == "" && len(from.out) > 0 {
			name = from.out[0]
		}
		if !counter.MatchString(name) && strings.Count(name, ".") > 0 && from.name != "" { // as weights are called: _blocks.3.expand
			module, given = parent(clean(name)), true
		}
		if name = clean(name); name == "" || counter.MatchString(name) || from.name != "" && strings.HasPrefix(from.name, "/") {
			name, suffix = s.op.Name(), ""
		}
	}
	if suffix != "" {
		name += "." + suffix
	}
	return name, module, given
}

// parameter is the name that a node in a module has by its parameters: "conv1" of "conv1.weight".
func (n names) parameter(s *spec, module string) string {
	_, arithmetic := s.op.(graph.Affine)
	if c := s.params[""]; c != nil && c.Name != "" && !counter.MatchString(c.Name) {
		return clean(c.Name)
	}
	for _, suffix := range []string{"weight", "bias"} {
		c := s.params[suffix]
		if c == nil || n.shared[c.Name] && module != "" || counter.MatchString(c.Name) {
			continue
		}
		if stem, ok := strings.CutSuffix(c.Name, "."+suffix); ok {
			return clean(stem)
		}
		if module != "" && strings.HasPrefix(c.Name, module+".") && arithmetic {
			return clean(c.Name) // a parameter of the module itself: layer_scale
		}
	}
	return ""
}

func parent(path string) string { return path[:max(0, strings.LastIndexByte(path, '.'))] }
