package main

import (
	"maps"
	"strings"

	"herbarium/internal/checkpoint"
	"herbarium/internal/cli"
	"herbarium/internal/graph"
)

// A net has classes if it ends with logits [K]. That an output is [K] does not say that its numbers are of classes: a
// backbone ends with the means of its channels. They are taken for logits if a linear map or a convolution gives them, or
// if --classes names them, unless --no-classes or a name says that they are features.

// classless takes the logits from a net that has none.
func (c *command) classless(model *graph.Net) {
	head, err := model.Graph.Find(graph.Logits)
	if err != nil || c.Classes != "" || !c.NoClasses && answers(model.Graph, head) {
		return
	}
	delete(model.Graph.Aliases, graph.Logits)
}

// answers says whether a node of [K] looks like logits: past what flattens, averages and cuts off, a layer with a weight
// for each of them, or sums of such.
func answers(g *graph.Graph, head *graph.Node) bool {
	for _, word := range []string{"embed", "feature"} {
		if strings.Contains(strings.ToLower(head.Name), word) {
			return false
		}
	}
	by := map[string]*graph.Node{}
	for i := range g.Nodes {
		by[g.Nodes[i].Name] = &g.Nodes[i]
	}
	averaged := false
	for n := head; n != nil; n = by[n.In[0]] {
		switch n.Op.(type) {
		case graph.Linear, graph.MatMul, graph.Conv, graph.BN, graph.Affine:
			return true
		case graph.GAP, graph.AvgPool, graph.Reduce:
			averaged = true
		case graph.Flatten, graph.Reshape, graph.ReLU, graph.Softmax, graph.Sigmoid, graph.Slice, graph.Dropout, graph.Transpose, graph.FakeQuantize:
		case graph.Clip, graph.SiLU, graph.HardSwish, graph.GELU: // of a backbone: nothing cuts logits off so
			if averaged {
				return false
			}
		default: // a sum of maps, a pooling, a norm
			return !averaged
		}
		if len(n.In) == 0 {
			return true
		}
	}
	return true
}

// single says whether the logits are one number.
func single(model *graph.Net, head *graph.Node) bool {
	shapes, err := model.Graph.Shapes(model.Input)
	return err == nil && len(shapes[head.Name]) == 1 && shapes[head.Name][0] == 1
}

// headless leaves out what is no part of the backbone.
func (n *candidate) headless() {
	n.outside = nil
	maps.DeleteFunc(n.tensors, func(name string, _ *checkpoint.Tensor) bool { return !backbone(name) })
}

// sayEnd says what the net ends with.
func sayEnd(s *cli.Session, what string, model *graph.Net) error {
	values, err := model.Graph.Values(model.Input)
	if err != nil {
		return err
	}
	if head, err := model.Graph.Find(graph.Logits); err == nil {
		if classes := values[head.Name].Map().Channels; classes > 1 {
			s.Infof("%s, %d logits in %s", what, classes, head.Name)
		} else {
			s.Infof("%s, one number in %s, a yes or no: what needs classes, such as score and adversary, refuses it", what, head.Name)
		}
		return nil
	}
	last := model.Graph.Nodes[len(model.Graph.Nodes)-1].Name
	s.Infof("%s, no classes: it ends with features %s in %s; what needs classes, such as score and adversary, refuses it (--classes names them, if these are classes)",
		what, values[last].Shape(), last)
	return nil
}
