package torchtest

import (
	"testing"

	"herbarium/format"
	"herbarium/internal/arch"
	"herbarium/internal/graph"
)

// ResNet is the net of a residual architecture, for images [3,side,side], with the first weights that arch draws from seed.
func ResNet(t testing.TB, name string, o arch.Options, side int, seed uint64) *graph.Net {
	t.Helper()
	g, err := arch.Build(name, o)
	if err != nil {
		t.Fatal(err)
	}
	return WithWeights(t, g, graph.Shape{3, side, side}, seed)
}

// WithWeights is the net of a graph, for images of shape in, with first weights.
func WithWeights(t testing.TB, g *graph.Graph, in graph.Shape, seed uint64) *graph.Net {
	t.Helper()
	params, err := arch.Init(g, in, seed)
	if err != nil {
		t.Fatal(err)
	}
	return &graph.Net{Graph: g, Params: params, Input: in}
}

// MeanColor is a net for images [3,2,2] whose logits are linear in their mean color, so that every number can be computed by
// hand: weights [K,3] times the color plus bias [K], for K classes.
func MeanColor(classes []string, weights, bias []float32) *graph.Net {
	return &graph.Net{Arch: "tiny", Classes: classes, Input: graph.Shape{3, 2, 2}, Graph: &graph.Graph{Nodes: []graph.Node{
		{Name: "mean", In: []string{graph.Input}, Op: graph.GAP{}},
		{Name: "flat", In: []string{"mean"}, Op: graph.Flatten{}},
		{Name: "fc", In: []string{"flat"}, Op: graph.Linear{Out: len(classes), Bias: true}},
	}, Aliases: map[string]string{graph.Logits: "fc"}}, Params: map[string]format.Tensor{
		"fc.weight": format.Of("fc.weight", []int{len(classes), 3}, weights),
		"fc.bias":   format.Of("fc.bias", []int{len(classes)}, bias),
	}}
}
