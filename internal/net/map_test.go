package net

import (
	"slices"
	"testing"

	"herbarium/internal/graph"
	"herbarium/internal/torch"
	"herbarium/internal/torchtest"
)

// tokens is a net whose nodes are one map of 6 channels in all the orders that transformers use.
func tokens() *graph.Graph {
	n := func(name string, op graph.Op, in ...string) graph.Node {
		return graph.Node{Name: name, In: in, Op: op}
	}
	return &graph.Graph{Nodes: []graph.Node{
		n("image", graph.ReLU{}, graph.Input),
		n("flat", graph.Reshape{Shape: []int{6, -1}}, "image"),
		n("tokens", graph.Transpose{Order: []int{1, 0}}, "flat"),
		n("cls", graph.Parameter{Shape: []int{2, 6}}),
		n("joined", graph.Concat{}, "cls", "tokens"),
		n("heads", graph.Reshape{Shape: []int{26, 2, 3}}, "joined"),
		n("first", graph.Transpose{Order: []int{1, 0, 2}}, "heads"),
		n("last", graph.Transpose{Order: []int{0, 2, 1}}, "first"),
		n("hwc", graph.Transpose{Order: []int{1, 2, 0}}, "image"),
		n("cut", graph.Reshape{Shape: []int{2, 2, 3, 2, 6}}, "hwc"),
		n("sorted", graph.Transpose{Order: []int{0, 2, 1, 3, 4}}, "cut"),
		n("windows", graph.Reshape{Shape: []int{6, 4, 6}}, "sorted"),
		n("mean", graph.Reduce{Mode: "mean", Axes: []int{0}}, "tokens"),
	}}
}

// However tokens, heads and windows lie in memory, as maps they are the image that they were made of.
func TestMapsAreTheImageAgain(t *testing.T) {
	s := torchtest.Pin(t)
	g := tokens()
	in := graph.Shape{6, 4, 6}
	params, err := referenceWeights(g, in)
	if err != nil {
		t.Fatal(err)
	}
	n, err := load(g, in, params, onCPU)
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	pixels := make([]float32, 2*6*24)
	for i := range pixels {
		pixels[i] = float32(i + 1)
	}
	x := torch.From(s, []int{2, 6, 4, 6}, pixels)
	names := []string{"image", "flat", "tokens", "joined", "heads", "first", "last", "hwc", "cut", "sorted", "windows"}
	out, err := n.Forward(s, x, Pass{Want: append(slices.Clone(names), "mean", "cls"), Maps: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if got := torch.Read[float32](s, s.Contiguous(out[name])); !slices.Equal(got, pixels) || !slices.Equal(out[name].Shape(), []int{2, 6, 4, 6}) {
			t.Errorf("%s: %v %v", name, out[name].Shape(), got[:12])
		}
	}
	if shape := out["mean"].Shape(); !slices.Equal(shape, []int{2, 6, 1, 1}) {
		t.Errorf("mean: %v", shape)
	}
	if shape := out["cls"].Shape(); !slices.Equal(shape, []int{2, 12, 1, 1}) {
		t.Errorf("cls: %v", shape)
	}
}

// A slice that cuts nothing is its input: when its last reader has run, the input is still there for others.
func TestWhatCutsNothingFreesNothing(t *testing.T) {
	s := torchtest.Pin(t)
	g := &graph.Graph{Nodes: []graph.Node{
		{Name: "all", In: []string{graph.Input}, Op: graph.Slice{Start: []int{0, 0, 0}, Step: []int{1, 1, 1}}},
		{Name: "a", In: []string{"all"}, Op: graph.Sigmoid{}},
		{Name: "b", In: []string{graph.Input}, Op: graph.ReLU{}},
		{Name: "sum", In: []string{"a", "b"}, Op: graph.Add{}},
	}}
	n, err := load(g, graph.Shape{1, 1, 1}, nil, onCPU)
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	x := torch.From(s, []int{1, 1, 1, 1}, []float32{0})
	for range 2 {
		out, err := n.Forward(s, x, Pass{Want: []string{"sum"}})
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Number(out["sum"]); got != 0.5 {
			t.Errorf("%v, want 0.5", got)
		}
	}
}
