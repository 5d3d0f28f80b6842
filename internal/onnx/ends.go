package onnx

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"herbarium/internal/graph"
	"herbarium/internal/images"
)

// choose finds the input or output of that name, or the only one.
func choose(what string, all []valueInfo, name string, initializers []*tensorProto) (*valueInfo, error) {
	constant := map[string]bool{}
	for _, t := range initializers {
		constant[t.name] = true // older files list them among the inputs
	}
	var names []string
	var found *valueInfo
	for i := range all {
		if v := &all[i]; !constant[v.name] {
			names = append(names, fmt.Sprintf("%.60q", v.name))
			if v.name == name || name == "" {
				found = v
			}
		}
	}
	switch {
	case name == "" && len(names) == 1, name != "" && found != nil:
		return found, nil
	case len(names) == 0:
		return nil, fmt.Errorf("the graph has no %s", what)
	case name != "":
		return nil, fmt.Errorf("the graph has no %s %.60q; there are %s", what, name, strings.Join(names[:min(len(names), 8)], ", "))
	}
	return nil, fmt.Errorf("the graph has %d %ss: name one by --%s-name, %s", len(names), what, what, strings.Join(names[:min(len(names), 8)], ", "))
}

// look finds out what images the input takes: their size, and the order of axes, NCHW or NHWC.
func look(in *valueInfo, side int) (graph.Shape, []int, []string, error) {
	var notes []string
	switch in.elem {
	case 0, 1, 10, 11, 16:
	case 2:
		notes = append(notes, "its input takes bytes: --norm none --range 255 gives it values from 0 to 255")
	default:
		return nil, nil, nil, fmt.Errorf("input %.60q takes ONNX's type %d, not floats or bytes", in.name, in.elem)
	}
	dims := in.dims
	if !in.tensor {
		dims = []int64{free, images.RGB, free, free}
	}
	if len(dims) != 4 {
		return nil, nil, nil, fmt.Errorf("input %.60q has %d axes, not the 4 of a batch of images", in.name, len(dims))
	}
	channels, order := images.RGB, nchw
	height, width := dims[2], dims[3]
	switch {
	case dims[1] == images.RGB:
	case dims[3] == images.RGB:
		order, height, width = []int{batch, 1, 2, 0}, dims[1], dims[2]
	case dims[1] == images.Gray:
		channels = images.Gray
	case dims[3] == images.Gray:
		channels, order, height, width = images.Gray, []int{batch, 1, 2, 0}, dims[1], dims[2]
	case dims[1] != free:
		return nil, nil, nil, fmt.Errorf("input %.60q takes %w", in.name, images.CheckChannels(int(dims[1])))
	}
	if side == 0 && height > 0 && width > 0 && height != width {
		return nil, nil, nil, fmt.Errorf("input %.60q takes images of %dx%d, and photos are prepared as squares: try --input %d", in.name, height, width, min(height, width))
	}
	if side == 0 {
		side = clamp(max(height, width, 0))
	}
	if side == 0 {
		side = DefaultSide
		notes = append(notes, "its images may have any size: --input gives it another than 224")
	}
	if side > 1<<14 {
		return nil, nil, nil, fmt.Errorf("input %.60q takes images of %d pixels a side: --input gives it a size that fits into memory", in.name, side)
	}
	return graph.Shape{channels, side, side}, order, notes, nil
}

// end is the name of the value that holds the logits: the output, or what goes into a softmax there.
func (g *graphProto) end(name string) (end string, notes []string, err error) {
	by := map[string]*node{}
	for _, n := range g.nodes {
		for _, out := range n.out {
			by[out] = n
		}
	}
	if name == "" || by[name] == nil { // any value can be named, not only those that the file calls outputs
		out, err := choose("output", g.outputs, name, nil)
		if err != nil {
			return "", nil, err
		}
		name = out.name
	}
	end = name
	for range 8 {
		n := by[end]
		if n == nil || len(n.in) == 0 || n.out[0] != end {
			break
		}
		switch n.op {
		case "Identity", "Cast", "Squeeze", "Reshape", "Flatten", "Dropout", "QuantizeLinear", "DequantizeLinear":
			end = n.in[0]
			continue
		case "Softmax", "LogSoftmax":
			note := fmt.Sprintf("node %s at the end left out: the logits are what goes into it", n)
			return n.in[0], []string{note}, nil
		}
		break
	}
	return name, nil, nil
}

// answer is the number of the node that gives v, and whether it is [K], as logits are: of its axes beside the batch one
// may be longer than 1. What has more is what a backbone makes of an image, maps or tokens, in the order of the node.
func (t *translator) answer(v *value) (at int, logits bool, err error) {
	dims := v.dims()
	long := 0
	for _, d := range dims {
		if d > 1 {
			long++
		}
	}
	all, err := count(dims)
	if err != nil {
		return 0, false, err
	}
	if t.batch > 1 {
		long--
	}
	if all%t.batch != 0 {
		return 0, false, fmt.Errorf("it has shape %v, which is nothing for each image", dims)
	}
	switch {
	case long > 1 && v.at == input:
		return 0, false, errors.New("it is the input")
	case long > 1:
		return v.at, false, nil
	}
	axes, err := regroup(v.axes, []int{t.batch, all / t.batch})
	if err != nil {
		return 0, false, errors.New("it " + err.Error())
	}
	row := &value{at: v.at, axes: axes}
	at, from, err := t.features(row)
	if err != nil || from != nil {
		order := []int{1}
		if at, err = t.lay(row, order); err != nil {
			return 0, false, err
		}
	}
	if err == nil && at == input {
		err = errors.New("it is the input")
	}
	return at, true, err
}

// odd says whether the first thing that happens to the image is arithmetic by constants.
func (t *translator) odd(g *graph.Graph) bool {
	return slices.ContainsFunc(g.Nodes[1:], func(n graph.Node) bool {
		switch n.Op.(type) {
		case graph.Affine, graph.BN:
			return n.In[0] == g.Nodes[0].Name
		}
		return false
	})
}
