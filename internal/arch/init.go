package arch

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"herbarium/format"
	"herbarium/internal/graph"
	"herbarium/internal/random"
)

// Init draws the weights that training starts from, for inputs of shape in, as torchvision's ResNets do by default:
// convolutions normal with variance 2/fan_out (He et al., ICCV 2015); linear weights, and all biases of convolutions
// and linear layers, uniform within 1/sqrt(fan_in) (PyTorch's default); norms and affine nodes 1 and 0.
//
// The numbers of a parameter depend on seed and on its name, not on the rest of the net.
func Init(g *graph.Graph, in graph.Shape, seed uint64) (map[string]format.Tensor, error) {
	params, err := g.Params(in)
	if err != nil {
		return nil, err
	}
	weights := map[string][]int{} // the shape of each node's weight, which comes before its bias
	ops := map[string]string{}
	for _, n := range g.Nodes {
		ops[n.Name] = n.Op
	}
	tensors := make(map[string]format.Tensor, len(params))
	for _, p := range params {
		suffix := p.Name[strings.LastIndexByte(p.Name, '.')+1:]
		if suffix == "weight" {
			weights[p.Node] = p.Shape
		}
		draw, err := drawing(ops[p.Node], suffix, weights[p.Node])
		if err != nil {
			return nil, fmt.Errorf("init: parameter %q: %w", p.Name, err)
		}
		r := random.New(seed, random.Key("init"), random.Key(p.Name))
		values := make([]float32, p.Size())
		for i := range values {
			values[i] = draw(r)
		}
		tensors[p.Name] = format.Of(p.Name, p.Shape, values)
	}
	return tensors, nil
}

// drawing returns how one element of a parameter is drawn; weight is the shape of its node's weight.
func drawing(op, suffix string, weight []int) (func(*rand.Rand) float32, error) {
	fanIn := 1.0
	for _, d := range weight[1:] {
		fanIn *= float64(d)
	}
	bound := 1 / math.Sqrt(fanIn)
	uniform := func(r *rand.Rand) float32 { return float32((2*r.Float64() - 1) * bound) }
	constant := func(v float32) (func(*rand.Rand) float32, error) {
		return func(*rand.Rand) float32 { return v }, nil
	}
	switch op + "." + suffix {
	case graph.Conv + ".weight":
		deviation := math.Sqrt(2 / float64(weight[0]*weight[2]*weight[3]))
		return func(r *rand.Rand) float32 { return float32(r.NormFloat64() * deviation) }, nil
	case graph.Conv + ".bias", graph.Linear + ".weight", graph.Linear + ".bias":
		return uniform, nil
	case graph.BN + ".weight", graph.BN + ".running_var", graph.LayerNorm + ".weight", graph.Affine + ".weight":
		return constant(1)
	case graph.BN + ".bias", graph.BN + ".running_mean", graph.LayerNorm + ".bias", graph.Affine + ".bias":
		return constant(0)
	}
	return nil, fmt.Errorf("no rule for %s of op %q", suffix, op)
}
