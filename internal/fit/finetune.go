package fit

import (
	"errors"
	"fmt"
	"slices"

	"herbarium/format"
	"herbarium/internal/arch"
	"herbarium/internal/graph"
	"herbarium/internal/images"
)

// FineTune is a net to train on from, for photos of shape in and of classes. Where the classes are the net's own, in
// any order, it is the net itself, and its classes keep their order. Otherwise the layer that makes the logits is
// replaced by one with new weights; a class that both know keeps its row of the old.
func FineTune(from *graph.Net, in graph.Shape, classes []string, seed uint64) (*graph.Net, error) {
	if err := images.CheckColors(in[0], from.Input[0]); err != nil {
		return nil, err
	}
	n := *from
	n.Input, n.Stats, n.History = in, nil, nil
	if !slices.Equal(in, from.Input) {
		n.Prepare = nil // it made the old size
	}
	if !sameClasses(from.Classes, classes) {
		n.Classes = classes
		if err := replaceHeads(&n, from, seed); err != nil {
			return nil, err
		}
	}
	if err := n.Graph.CheckParams(in, n.Params); err != nil {
		return nil, fmt.Errorf("photos of %dx%d: %w", in[1], in[2], err)
	}
	return &n, nil
}

// sameClasses tells whether each of names means a class of its own, and together they mean all classes.
func sameClasses(classes, names []string) bool {
	means := map[int]bool{}
	for _, name := range names {
		if at, err := images.ClassOf(classes, name, "the net"); err == nil {
			means[at] = true
		}
	}
	return len(means) == len(classes) && len(names) == len(classes)
}

// head is the layer that makes the logits: linear, or a convolution with nothing but pooling after it.
func head(g *graph.Graph) (*graph.Node, error) {
	node, err := g.Find(graph.Logits)
	for err == nil {
		switch op := node.Op.(type) {
		case graph.Linear:
			return node, nil
		case graph.Conv:
			if op.Groups == 1 {
				return node, nil
			}
		case graph.GAP, graph.AvgPool, graph.Flatten, graph.ReLU, graph.Dropout, graph.FakeQuantize:
			if node.In[0] != graph.Input {
				node, err = g.Find(node.In[0])
				continue
			}
		}
		return nil, fmt.Errorf("the logits come from %q, a node of op %s: a new head can only replace a linear layer or a convolution", node.Name, node.Op.Name())
	}
	return nil, err
}

// replaceHeads gives new weights to the layer that makes the logits, and to that of every other head.
func replaceHeads(n, from *graph.Net, seed uint64) error {
	node, err := head(from.Graph)
	if err != nil {
		return err
	}
	layers := map[string]bool{node.Name: true}
	for _, h := range from.Graph.Heads() {
		layers[h.Map] = true
	}
	g := *from.Graph
	g.Nodes = slices.Clone(g.Nodes)
	for i := range g.Nodes {
		if layers[g.Nodes[i].Name] {
			switch op := g.Nodes[i].Op.(type) {
			case graph.Linear:
				op.Out = len(n.Classes)
				g.Nodes[i].Op = op
			case graph.Conv:
				op.Out = len(n.Classes)
				g.Nodes[i].Op = op
			}
		}
	}
	n.Graph = &g
	fresh, err := arch.Init(&g, n.Input, seed)
	if err != nil {
		return err
	}
	n.Params = map[string]format.Tensor{}
	for name, t := range from.Params {
		n.Params[name] = t
	}
	for layer := range layers {
		if err := replace(n, from, layer, fresh); err != nil {
			return err
		}
	}
	return nil
}

// replace takes a layer's fresh weights, and of the old ones the rows of classes that both nets know.
func replace(n, from *graph.Net, layer string, fresh map[string]format.Tensor) error {
	for _, suffix := range []string{".weight", ".bias"} {
		name := layer + suffix
		t, ok := fresh[name]
		if !ok {
			continue
		}
		old := from.Params[name]
		if old.DType != t.DType {
			return errors.New("the head's weights are not float32")
		}
		row := len(t.Data) / len(n.Classes)
		for to, class := range n.Classes {
			if at, err := images.ClassOf(from.Classes, class, "the net"); err == nil && len(old.Data) == row*len(from.Classes) {
				copy(t.Data[to*row:(to+1)*row], old.Data[at*row:])
			}
		}
		n.Params[name] = t
	}
	return nil
}
