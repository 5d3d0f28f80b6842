package graph

import (
	"fmt"

	"herbarium/format"
)

// A Param is a tensor that a node needs, under PyTorch's name.
type Param struct {
	Name   string // Node + ".weight", ".bias", ".running_mean" or ".running_var"
	Node   string
	Shape  []int
	DType  format.DType // F32
	Buffer bool         // not trained: running statistics
}

// Size returns the number of elements.
func (p Param) Size() int64 {
	n := int64(1)
	for _, d := range p.Shape {
		n *= int64(d)
	}
	return n
}

// Params returns the parameters and buffers of the graph for an input of shape in, in the order of its nodes.
// PyTorch's num_batches_tracked is not among them: nothing is computed from it.
func (g *Graph) Params(in Shape) ([]Param, error) {
	shapes, err := g.Shapes(in)
	if err != nil {
		return nil, err
	}
	return g.params(shapes)
}

func (g *Graph) params(shapes map[string]Shape) ([]Param, error) {
	var all []Param
	for i := range g.Nodes {
		n := &g.Nodes[i]
		for _, p := range n.params(shapes[n.In[0]]) {
			if _, err := product(p.Shape...); err != nil {
				return nil, fmt.Errorf("graph: parameter %q: %w", p.Name, err)
			}
			all = append(all, p)
		}
	}
	return all, nil
}

// params returns what the node needs on an input of shape in.
func (n *Node) params(in Shape) []Param {
	var ps []Param
	add := func(name string, buffer bool, shape ...int) {
		ps = append(ps, Param{n.Name + "." + name, n.Name, shape, format.F32, buffer})
	}
	switch n.Op {
	case Conv:
		add("weight", false, n.Out, in[0]/n.Groups, n.Kernel[0], n.Kernel[1])
		if n.Bias {
			add("bias", false, n.Out)
		}
	case Linear:
		add("weight", false, n.Out, in[0])
		if n.Bias {
			add("bias", false, n.Out)
		}
	case LayerNorm:
		add("weight", false, in[0])
		add("bias", false, in[0])
	case Affine:
		add("weight", false, in[0])
		if n.Bias {
			add("bias", false, in[0])
		}
	case BN:
		add("weight", false, in[0])
		add("bias", false, in[0])
		add("running_mean", true, in[0])
		add("running_var", true, in[0])
	}
	return ps
}
