package attack

import (
	"slices"
	"testing"

	"herbarium/format"
	"herbarium/internal/graph"
	"herbarium/internal/net"
	"herbarium/internal/random"
	"herbarium/internal/torch"
	"herbarium/internal/torchtest"
)

// masked puts a node before a net's first, or scales its logits: each hides gradients in its way.
func masked(model *graph.Net, how string) *graph.Net {
	m := *model
	m.Graph = &graph.Graph{Nodes: slices.Clone(model.Graph.Nodes), Aliases: model.Graph.Aliases}
	before := graph.Node{Name: "mask", In: []string{graph.Input}}
	switch how {
	case "rounding":
		before.Op = graph.Round{Levels: 16}
	case "noise":
		before.Op = graph.Noise{Sigma: 0.1}
	case "probabilities":
		m.Graph.Nodes = append(m.Graph.Nodes, graph.Node{Name: "softmax", In: []string{"fc"}, Op: graph.Softmax{}})
		m.Graph.Aliases = map[string]string{graph.Logits: "softmax"}
		return &m
	case "saturated":
		m.Params = map[string]format.Tensor{}
		for name, t := range model.Params {
			values, _ := format.Float32s(&t)
			large := make([]float32, len(values))
			for i, v := range values {
				large[i] = 1e5 * v
			}
			m.Params[name] = format.Of(name, t.Shape, large)
		}
		return &m
	default:
		return model
	}
	m.Graph.Nodes = append([]graph.Node{before}, m.Graph.Nodes...)
	for i := range m.Graph.Nodes[1:] {
		n := &m.Graph.Nodes[i+1]
		n.In = slices.Clone(n.In)
		for k, in := range n.In {
			if in == graph.Input {
				n.In[k] = "mask"
			}
		}
	}
	return &m
}

// bowl is an honest net with curved boundaries: two linear layers with a smooth bend between.
func bowl() *graph.Net {
	r := random.New(4, 4)
	const d, hidden, classes = 3 * side * side, 16, 3
	draw := func(n int, scale float64) []float32 {
		v := make([]float32, n)
		for i := range v {
			v[i] = float32(scale * r.NormFloat64())
		}
		return v
	}
	g := &graph.Graph{Nodes: []graph.Node{
		{Name: "flatten", In: []string{graph.Input}, Op: graph.Flatten{}},
		{Name: "hidden", In: []string{"flatten"}, Op: graph.Linear{Out: hidden, Bias: true}},
		{Name: "act", In: []string{"hidden"}, Op: graph.SiLU{}},
		{Name: "fc", In: []string{"act"}, Op: graph.Linear{Out: classes, Bias: true}},
	}, Aliases: map[string]string{graph.Logits: "fc"}}
	return &graph.Net{Graph: g, Input: graph.Shape{3, side, side}, Params: map[string]format.Tensor{
		"hidden.weight": format.Of("hidden.weight", []int{hidden, d}, draw(hidden*d, 1)),
		"hidden.bias":   format.Of("hidden.bias", []int{hidden}, draw(hidden, 0.3)),
		"fc.weight":     format.Of("fc.weight", []int{classes, hidden}, draw(classes*hidden, 1)),
		"fc.bias":       format.Of("fc.bias", []int{classes}, draw(classes, 0.1)),
	}}
}

// Every way of hiding gradients is flagged by the check that is meant for it; an honest net passes them all.
func TestVerdictFlagsMaskedNets(t *testing.T) {
	s := torchtest.Pin(t)
	r := random.New(9, 9)
	var images [][]float32
	for range 100 {
		images = append(images, image(r))
	}
	for how, flag := range map[string]string{
		"honest": "", "rounding": "gradients that are zero", "noise": "logits differ when asked twice",
		"saturated": "gradients that are zero", "probabilities": "outputs are probabilities",
	} {
		n, err := NewNet(masked(bowl(), how), net.Options{Device: torch.CPU, DType: torch.F32}, 64)
		if err != nil {
			t.Fatal(err)
		}
		p := problemOf(t, s, n, graph.Shape{3, side, side}, images, Ball{Linf, 0.1})
		plan := Plan{Norm: Linf, Eps: []float64{0.02, 0.05, 0.1}, Attacks: []Attack{PGD(10)}, Seed: 3}
		if err := plan.Run(p); err != nil {
			t.Fatal(err)
		}
		checks, err := Verdict{Plan: plan, Steps: 10, Queries: 100, Workers: 2, Chunk: 7}.Run(p)
		if err != nil {
			t.Fatal(err)
		}
		n.Close()
		found := flag == ""
		for _, c := range checks {
			t.Logf("%s: %s: %v (at most %v) of %d %s: %v", how, c.Name, c.Measured, c.Limit, c.Of, c.Unit, c.Passed)
			found = found || c.Name == flag && !c.Passed && c.Reason != ""
		}
		if !found {
			t.Errorf("%s: %q did not fail", how, flag)
		}
		if c, failed := Failed(checks); failed != (flag != "") {
			t.Errorf("%s: failed %v: %s", how, failed, c.Name)
		}
	}
}

// A net that rounds its input is not saved by its zero gradients: Square breaks it, and the verdict says that, too.
func TestSquareSeesBehindRounding(t *testing.T) {
	s := torchtest.Pin(t)
	r := random.New(9, 9)
	var images [][]float32
	for range 60 {
		images = append(images, image(r))
	}
	n, err := NewNet(masked(bowl(), "rounding"), net.Options{Device: torch.CPU, DType: torch.F32}, 64)
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	p := problemOf(t, s, n, graph.Shape{3, side, side}, images, Ball{Linf, 0.1})
	plan := Plan{Norm: Linf, Eps: []float64{0.1}, Attacks: []Attack{PGD(10)}}
	if err := plan.Run(p); err != nil {
		t.Fatal(err)
	}
	checks, err := Verdict{Plan: plan, Steps: 10, Queries: 200, Workers: 2, Chunk: 7}.Run(p)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range checks {
		if c.Name == "square breaks what was left" && c.Passed {
			t.Errorf("square broke %v of %d items that PGD had left", c.Measured, c.Of)
		}
	}
}
