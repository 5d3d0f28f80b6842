package arch

import (
	"herbarium/format"
	"herbarium/internal/graph"
	"herbarium/internal/random"
)

// Init draws the weights that training starts from, for inputs of shape in, as each op says (graph.Initial).
//
// The numbers of a parameter depend on seed and on its name, not on the rest of the net.
func Init(g *graph.Graph, in graph.Shape, seed uint64) (map[string]format.Tensor, error) {
	params, err := g.Params(in)
	if err != nil {
		return nil, err
	}
	tensors := make(map[string]format.Tensor, len(params))
	for _, p := range params {
		r := random.New(seed, random.Key("init"), random.Key(p.Name))
		values := make([]float32, p.Size())
		for i := range values {
			values[i] = p.Initial.Draw(r)
		}
		tensors[p.Name] = format.Of(p.Name, p.Shape, values)
	}
	return tensors, nil
}
