package graph

import (
	"fmt"
	"math"
	"math/rand/v2"

	"herbarium/format"
)

// A Param is a tensor that a node needs, under PyTorch's name.
type Param struct {
	Name    string // the node's, followed by .weight, .bias, .running_mean or .running_var, or by nothing
	Node    string
	Shape   []int
	DType   format.DType // F32
	Buffer  bool         // not trained: running statistics, constants
	Decay   bool         // weight decay pulls it: weights of convolutions and linear layers
	Initial Initial
}

// Size returns the number of elements.
func (p Param) Size() int64 {
	n := int64(1)
	for _, d := range p.Shape {
		n *= int64(d)
	}
	return n
}

// An Initial says how the elements of a parameter are drawn before training, each by itself: around Mean, normally with
// a standard deviation, or uniformly within a bound.
type Initial struct{ Mean, Deviation, Bound float64 }

// Draw draws one element.
func (i Initial) Draw(r *rand.Rand) float32 {
	switch {
	case i.Deviation > 0:
		return float32(i.Mean + r.NormFloat64()*i.Deviation)
	case i.Bound > 0:
		return float32(i.Mean + (2*r.Float64()-1)*i.Bound)
	}
	return float32(i.Mean)
}

// uniform is PyTorch's default for linear weights and biases: within 1/sqrt(fan_in).
func uniform(fanIn int) Initial { return Initial{Bound: 1 / math.Sqrt(float64(fanIn))} }

// Params returns the parameters and buffers of the graph for an input of shape in, in the order of its nodes.
// PyTorch's num_batches_tracked is not among them: nothing is computed from it.
func (g *Graph) Params(in Shape) ([]Param, error) {
	values, err := g.Values(in)
	if err != nil {
		return nil, err
	}
	return g.params(values)
}

func (g *Graph) params(values map[string]Value) ([]Param, error) {
	var all []Param
	seen := map[string]bool{}
	for i := range g.Nodes {
		for _, p := range g.Nodes[i].params(values) {
			if _, err := product(p.Shape...); err != nil {
				return nil, fmt.Errorf("graph: parameter %q: %w", p.Name, err)
			}
			if seen[p.Name] {
				return nil, fmt.Errorf("graph: two parameters named %q", p.Name)
			}
			seen[p.Name] = true
			all = append(all, p)
		}
	}
	return all, nil
}

// params returns what the node needs.
func (n *Node) params(values map[string]Value) []Param {
	op, ok := n.Op.(interface{ params(in Value) []Param })
	if !ok {
		return nil
	}
	var in Value
	if len(n.In) > 0 {
		in = values[n.In[0]]
	}
	ps := op.params(in)
	for i := range ps {
		ps[i].Name, ps[i].Node, ps[i].DType = n.Name+ps[i].Name, n.Name, format.F32
	}
	return ps
}
