package graph

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"herbarium/format"
)

// Fold returns a graph in which every batch norm that directly follows a convolution has become part of it, with the
// parameters that go with it; neither g nor p is changed, and tensors that stay the same are shared. In eval mode both
// graphs compute the same to rounding; the folded weights are computed in float64.
//
// The merged convolution takes the batch norm's name (and its parameters' names: bn1.weight is then a kernel), so
// that every name in the folded graph means what it meant before. The convolution's own name is gone, and with it the
// value before the norm: so a convolution is left alone if keep, an alias or a second node needs it.
func (g *Graph) Fold(p map[string]format.Tensor, keep ...string) (*Graph, map[string]format.Tensor, error) {
	if err := g.Validate(); err != nil {
		return nil, nil, err
	}
	kept := map[string]bool{}
	for _, name := range slices.Concat(keep, slices.Collect(maps.Values(g.Aliases))) {
		n, err := g.Find(name)
		if err != nil {
			return nil, nil, err
		}
		kept[n.Name] = true
	}
	users := map[string]int{}
	for _, n := range g.Nodes {
		for _, in := range n.In {
			users[in]++
		}
	}
	// A convolution that nobody reads is an output of the graph, not the input of a norm; so users is 1 exactly.
	norms := map[string]*Node{} // by the name of the convolution each is folded into
	for i := range g.Nodes {
		n := &g.Nodes[i]
		if _, ok := n.Op.(BN); !ok {
			continue
		}
		if c := g.node(n.In[0]); c != nil && users[c.Name] == 1 && !kept[c.Name] {
			if _, ok := c.Op.(Conv); ok {
				norms[c.Name] = n
			}
		}
	}
	folded := &Graph{}
	params := maps.Clone(p)
	for _, n := range g.Nodes {
		if _, ok := n.Op.(BN); ok && norms[n.In[0]] != nil {
			continue
		}
		if bn := norms[n.Name]; bn != nil {
			conv := n.Op.(Conv)
			if err := foldParams(params, n.Name, conv, bn.Name, bn.Op.(BN)); err != nil {
				return nil, nil, fmt.Errorf("graph: folding %q into %q: %w", bn.Name, n.Name, err)
			}
			conv.Bias = true
			n.Name, n.Op = bn.Name, conv
		}
		folded.Nodes = append(folded.Nodes, n)
	}
	folded.keepAliases(g.Aliases)
	return folded, params, nil
}

// foldParams replaces the parameters of a convolution and a batch norm in p by those of the convolution that does both,
// under the norm's name: w gamma/sqrt(var + eps) and (b - mean) gamma/sqrt(var + eps) + beta, per output channel.
func foldParams(p map[string]format.Tensor, name string, conv Conv, norm string, bn BN) error {
	read := func(name string, size int) ([]float32, error) {
		t, ok := p[name]
		if !ok {
			return nil, fmt.Errorf("parameter %q is missing", name)
		}
		v, err := format.Float32s(&t)
		if err == nil && (len(v) == 0 || size > 0 && len(v) != size) {
			err = fmt.Errorf("parameter %q has %d elements, not %d", name, len(v), size)
		}
		return v, err
	}
	var stats [4][]float32
	for i, suffix := range []string{".weight", ".bias", ".running_mean", ".running_var"} {
		v, err := read(norm+suffix, conv.Out)
		if err != nil {
			return err
		}
		stats[i] = v
	}
	gamma, beta, mean, variance := stats[0], stats[1], stats[2], stats[3]
	kernel, err := read(name+".weight", 0)
	if err != nil {
		return err
	}
	if len(kernel)%conv.Out != 0 {
		return fmt.Errorf("parameter %q has %d elements, which are not %d channels", name+".weight", len(kernel), conv.Out)
	}
	bias := make([]float32, conv.Out)
	if conv.Bias {
		if bias, err = read(name+".bias", conv.Out); err != nil {
			return err
		}
	}
	weight, shift := make([]float32, len(kernel)), make([]float32, conv.Out)
	size := len(kernel) / conv.Out
	for o := range conv.Out {
		spread := float64(variance[o]) + bn.Eps
		if !(spread > 0) {
			return fmt.Errorf("running_var[%d] = %v is not a variance", o, variance[o])
		}
		scale := float64(gamma[o]) / math.Sqrt(spread)
		shift[o] = float32((float64(bias[o])-float64(mean[o]))*scale + float64(beta[o]))
		for i := o * size; i < (o+1)*size; i++ {
			weight[i] = float32(float64(kernel[i]) * scale)
		}
	}
	shape := p[name+".weight"].Shape
	for _, suffix := range []string{".weight", ".bias"} {
		delete(p, name+suffix)
	}
	for _, suffix := range []string{".running_mean", ".running_var"} {
		delete(p, norm+suffix)
	}
	p[norm+".weight"] = format.Of(norm+".weight", shape, weight)
	p[norm+".bias"] = format.Of(norm+".bias", []int{conv.Out}, shift)
	return nil
}
