package measure

import (
	"math"
	"strings"
	"testing"

	"herbarium/format"
	"herbarium/internal/graph"
	"herbarium/internal/net"
	"herbarium/internal/torch"
	"herbarium/internal/torchtest"
)

// attentive is a net of one attention: the queries, keys and values are a class token of 1 and the four pixels of a gray
// picture; the logits are what the class token takes, and its negative.
func attentive() *graph.Net {
	g := &graph.Graph{Aliases: map[string]string{graph.Logits: "head"}, Nodes: []graph.Node{
		{Name: "normalize", In: []string{graph.Input}, Op: graph.Normalize{Mean: []float64{0}, Std: []float64{1}}},
		{Name: "tokens", In: []string{"normalize"}, Op: graph.Reshape{Shape: []int{1, 4}}},
		{Name: "turned", In: []string{"tokens"}, Op: graph.Transpose{Order: []int{1, 0}}},
		{Name: "cls", Op: graph.Parameter{Shape: []int{1, 1}}},
		{Name: "joined", In: []string{"cls", "turned"}, Op: graph.Concat{}},
		{Name: "attention", In: []string{"joined", "joined", "joined"}, Op: graph.Attention{Heads: 1, Scale: 1}},
		{Name: "first", In: []string{"attention"}, Op: graph.Slice{Start: []int{0, 0}, Stop: []int{1, 0}, Step: []int{1, 1}}},
		{Name: "flat", In: []string{"first"}, Op: graph.Reshape{Shape: []int{1}}},
		{Name: "head", In: []string{"flat"}, Op: graph.Linear{Out: 2}},
	}}
	return &graph.Net{Graph: g, Input: graph.Shape{1, 2, 2}, Params: map[string]format.Tensor{
		"cls":         format.Of("cls", []int{1, 1}, []float32{1}),
		"head.weight": format.Of("head.weight", []int{2, 1}, []float32{1, -1}),
	}}
}

func TestAttentionMaps(t *testing.T) {
	torchtest.Pin(t)
	model := attentive()
	if err := CheckAttention(model, AttentionMaps()); err != nil {
		t.Fatal(err)
	}
	c, err := NewClassifier(model, nil, net.Options{Device: torch.CPU, DType: torch.F32})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	pixels := []float32{0, 0.25, 0.5, 1}
	_, heat, err := c.Attention(format.Of("image", []int{1, 1, 2, 2}, pixels), AttentionMaps(), func(int, []float32) (int, error) { return 0, nil })
	if err != nil {
		t.Fatal(err)
	}
	values, err := format.Float32s(&heat)
	if err != nil {
		t.Fatal(err)
	}
	sum := math.E
	for _, x := range pixels {
		sum += math.Exp(float64(x))
	}
	for i, x := range pixels {
		weight := math.Exp(float64(x)) / sum
		for kind, want := range []float64{weight, weight * float64(x), weight / 2} {
			if got := float64(values[kind*4+i]); math.Abs(got-want) > 1e-6 {
				t.Errorf("%s of pixel %d: %g, want %g", AttentionMaps()[kind], i, got, want)
			}
		}
	}
}

// The class that nothing speaks for has no map; the logits are those of the fused attention.
func TestAttentionMapsOfTheOtherClass(t *testing.T) {
	torchtest.Pin(t)
	c, err := NewClassifier(attentive(), nil, net.Options{Device: torch.CPU, DType: torch.F32})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	picture := format.Of("image", []int{1, 1, 2, 2}, []float32{0, 0.25, 0.5, 1})
	logits, heat, err := c.Attention(picture, []string{weighed}, func(int, []float32) (int, error) { return 1, nil })
	if err != nil {
		t.Fatal(err)
	}
	fused, err := c.Logits(picture)
	if err != nil {
		t.Fatal(err)
	}
	values, _ := format.Float32s(&heat)
	for i, v := range values {
		if v != 0 {
			t.Errorf("pixel %d counts %g for a class that it speaks against", i, v)
		}
	}
	if math.Abs(float64(logits[0][0]-fused[0][0])) > 1e-6 {
		t.Errorf("logits %v, fused %v", logits, fused)
	}
}

func TestCheckAttention(t *testing.T) {
	torchtest.Pin(t)
	model := attentive()
	// A second attention, over half of the patches each.

	model.Graph.Nodes = append(model.Graph.Nodes[:6:6],
		graph.Node{Name: "grid", In: []string{"attention"}, Op: graph.Slice{Start: []int{1, 0}, Stop: []int{0, 0}, Step: []int{1, 1}}},
		graph.Node{Name: "windows", In: []string{"grid"}, Op: graph.Reshape{Shape: []int{2, 2, 1}}},
		graph.Node{Name: "within", In: []string{"windows", "windows", "windows"}, Op: graph.Attention{Heads: 1, Scale: 1}},
		graph.Node{Name: "rest", In: []string{"within"}, Op: graph.Reduce{Mode: "mean", Axes: []int{0, 1}}},
		graph.Node{Name: "head", In: []string{"rest"}, Op: graph.Linear{Out: 2}})
	if err := CheckAttention(model, []string{attention}); err == nil || !strings.Contains(err.Error(), "within windows") {
		t.Errorf("windows: %v", err)
	}
	plain, _ := reference(t)
	if err := CheckAttention(plain, []string{attention}); err == nil || !strings.Contains(err.Error(), "no layer of this net is an attention") {
		t.Errorf("no attention: %v", err)
	}
}
