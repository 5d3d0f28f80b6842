package graph

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"herbarium/format"
	"pgregory.net/rapid"
)

// weights gives every parameter of g numbers that differ from each other; variances are positive.
func weights(t testing.TB, g *Graph, in Shape) map[string]format.Tensor {
	t.Helper()
	params, err := g.Params(in)
	if err != nil {
		t.Fatal(err)
	}
	p := map[string]format.Tensor{}
	for k, param := range params {
		values := make([]float32, param.Size())
		for i := range values {
			values[i] = 0.5 + float32((7*i+3*k)%11)/8
		}
		p[param.Name] = format.Of(param.Name, param.Shape, values)
	}
	return p
}

func TestFoldByHand(t *testing.T) {
	for _, tt := range []struct {
		name     string
		bias     bool
		wantBias float32
	}{{"without bias", false, 3}, {"with bias", true, 17}} {
		t.Run(tt.name, func(t *testing.T) {
			c := with(conv("conv1", Input, 1, 1, 1), func(c *Conv) { c.Bias = tt.bias })
			g := &Graph{Nodes: []Node{c, {Name: "bn1", In: []string{"conv1"}, Op: BN{Eps: 1}}, plainNode("relu", ReLU{}, "bn1")}}
			one := func(name string, v float32) format.Tensor { return format.Of(name, []int{1}, []float32{v}) }
			p := map[string]format.Tensor{
				"conv1.weight": format.Of("conv1.weight", []int{1, 1, 1, 1}, []float32{2}),
				"bn1.weight":   one("bn1.weight", 4), "bn1.bias": one("bn1.bias", 5),
				"bn1.running_mean": one("bn1.running_mean", 1), "bn1.running_var": one("bn1.running_var", 3),
			}
			if tt.bias {
				p["conv1.bias"] = one("conv1.bias", 7)
			}
			size := len(p)
			folded, q, err := g.Fold(p)
			if err != nil {
				t.Fatal(err)
			}
			// scale = 4/sqrt(3+1) = 2; weight 2*2; bias (b - 1)*2 + 5
			want := map[string]format.Tensor{
				"bn1.weight": format.Of("bn1.weight", []int{1, 1, 1, 1}, []float32{4}),
				"bn1.bias":   one("bn1.bias", tt.wantBias),
			}
			if diff := cmp.Diff(want, q); diff != "" {
				t.Error(diff)
			}
			merged := with(conv("bn1", Input, 1, 1, 1), func(c *Conv) { c.Bias = true })
			if diff := cmp.Diff([]Node{merged, plainNode("relu", ReLU{}, "bn1")}, folded.Nodes); diff != "" {
				t.Error(diff)
			}
			if len(p) != size || g.Nodes[0].Name != "conv1" || g.Nodes[0].Op.(Conv).Bias != tt.bias {
				t.Error("the graph or its parameters have changed")
			}
		})
	}
}

func TestWhatIsFolded(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Graph)
		keep   []string
		want   string // the nodes left, without normalize and from flatten on
	}{
		{"all", nil, nil, "bn1 relu block.bn1 block.add block avgpool"},
		{"keep a convolution", nil, []string{"conv1"}, "conv1 bn1 relu block.bn1 block.add block avgpool"},
		{"keep a norm: it stays under its name", nil, []string{"bn1", "layer1"}, "bn1 relu block.bn1 block.add block avgpool"},
		{"keep by alias", func(g *Graph) { g.Aliases["stem"] = "conv1" }, nil, "conv1 bn1 relu block.bn1 block.add block avgpool"},
		{"two readers", func(g *Graph) { g.Nodes[6].In[1] = "conv1" }, nil, "conv1 bn1 relu block.bn1 block.add block avgpool"},
		{"two norms of one convolution", func(g *Graph) { g.Nodes[4] = norm("block.conv1", "conv1") }, nil,
			"conv1 bn1 relu block.conv1 block.bn1 block.add block avgpool"},
		{"arithmetic in a norm's place", func(g *Graph) { g.Nodes[2] = Node{Name: "bn1", In: []string{"conv1"}, Op: Affine{Bias: true}} }, nil,
			"conv1 bn1 relu block.bn1 block.add block avgpool"},
		{"a layer norm in its place", func(g *Graph) { g.Nodes[2] = Node{Name: "bn1", In: []string{"conv1"}, Op: LayerNorm{Eps: 1}} }, nil,
			"conv1 bn1 relu block.bn1 block.add block avgpool"},
		{"a norm behind a relu", func(g *Graph) { g.Nodes[5].In[0] = "relu" }, nil, "bn1 relu block.conv1 block.bn1 block.add block avgpool"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := small()
			if tt.change != nil {
				tt.change(g)
			}
			in := Shape{3, 8, 8}
			folded, p, err := g.Fold(weights(t, g, in), tt.keep...)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.Fields("normalize "+tt.want+" flatten fc"), names(folded)); diff != "" {
				t.Error(diff)
			}
			if err := folded.CheckParams(in, p); err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff(g.Aliases, folded.Aliases); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFoldErrors(t *testing.T) {
	in := Shape{3, 8, 8}
	tests := []struct {
		name   string
		change func(p map[string]format.Tensor)
		keep   string
		want   string
	}{
		{"unknown layer", nil, "layer9", `"layer9"`},
		{"missing statistics", func(p map[string]format.Tensor) { delete(p, "bn1.running_var") }, "fc", `"bn1.running_var" is missing`},
		{"missing weight", func(p map[string]format.Tensor) { delete(p, "conv1.weight") }, "fc", `"conv1.weight" is missing`},
		{"too many numbers", func(p map[string]format.Tensor) { p["bn1.bias"] = format.Of("bn1.bias", []int{5}, make([]float32, 5)) }, "fc", "5 elements, not 4"},
		{"odd kernel", func(p map[string]format.Tensor) { p["conv1.weight"] = format.Of("", []int{7}, make([]float32, 7)) }, "fc", "not 4 channels"},
		{"negative variance", func(p map[string]format.Tensor) {
			p["bn1.running_var"] = format.Of("", []int{4}, []float32{1, 1, -1, 1})
		}, "fc", "running_var[2] = -1"},
		{"integers", func(p map[string]format.Tensor) { p["bn1.bias"] = format.Of("bn1.bias", []int{4}, make([]int64, 4)) }, "fc", "I64"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := weights(t, small(), in)
			if tt.change != nil {
				tt.change(p)
			}
			if _, _, err := small().Fold(p, tt.keep); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}

// What is kept is still there, every other name that is still there computes from the same inputs, no norm follows a
// convolution of its own, and the parameters fit.
func TestFoldKeepsWhatNamesMean(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		g := drawGraph(rt)
		keep := rapid.SliceOfN(rapid.SampledFrom(names(g)), 0, 3).Draw(rt, "keep")
		in := Shape{3, 5, 5}
		folded, p, err := g.Fold(weights(t, g, in), keep...)
		if err != nil {
			rt.Fatal(err)
		}
		if err := folded.CheckParams(in, p); err != nil {
			rt.Fatal(err)
		}
		for _, name := range keep {
			if folded.node(name) == nil {
				rt.Fatalf("%q was to be kept", name)
			}
		}
		readers := map[string]int{}
		for _, n := range g.Nodes {
			for _, from := range n.In {
				readers[from]++
			}
		}
		gone := len(g.Nodes)
		for _, n := range folded.Nodes {
			was := g.node(n.Name)
			if is[BN](was) && is[Conv](&n) { // it now reads what its convolution read
				was = g.node(was.In[0])
				gone--
			}
			gone--
			if diff := cmp.Diff(was.In, n.In); diff != "" {
				rt.Fatalf("%q: %s", n.Name, diff)
			}
			if !is[BN](&n) {
				continue
			}
			if c := folded.node(n.In[0]); c != nil && is[Conv](c) && is[Conv](g.node(c.Name)) && readers[c.Name] == 1 && !isKept(keep, g, c.Name) {
				rt.Fatalf("%q was left beside its convolution %q", n.Name, c.Name)
			}
		}
		if gone != 0 {
			rt.Fatalf("%d nodes lost", gone)
		}
	})
}

func is[O Op](n *Node) bool {
	_, ok := n.Op.(O)
	return ok
}

// isKept says whether keep or an alias asks for the node.
func isKept(keep []string, g *Graph, name string) bool {
	for _, k := range keep {
		if k == name {
			return true
		}
	}
	for _, to := range g.Aliases {
		if to == name {
			return true
		}
	}
	return false
}

func TestFoldedNumbersAreRoundedOnce(t *testing.T) {
	// In float32, 1/sqrt(v + eps) times w rounds twice more: the result must be the float64 one.
	c := conv("c", Input, 1, 1, 1)
	g := &Graph{Nodes: []Node{c, {Name: "b", In: []string{"c"}, Op: BN{Eps: 1e-5}}}}
	w, gamma, beta, mean, variance := float32(0.1234567), float32(1.7654321), float32(-0.3), float32(0.777), float32(0.0321)
	p := map[string]format.Tensor{"c.weight": format.Of("c.weight", []int{1, 1, 1, 1}, []float32{w})}
	for name, v := range map[string]float32{"b.weight": gamma, "b.bias": beta, "b.running_mean": mean, "b.running_var": variance} {
		p[name] = format.Of(name, []int{1}, []float32{v})
	}
	_, q, err := g.Fold(p)
	if err != nil {
		t.Fatal(err)
	}
	scale := float64(gamma) / math.Sqrt(float64(variance)+1e-5)
	for name, want := range map[string]float32{"b.weight": float32(float64(w) * scale), "b.bias": float32(float64(beta) - float64(mean)*scale)} {
		tensor := q[name]
		got, err := format.Values[float32](&tensor)
		if err != nil || got[0] != want {
			t.Errorf("%s = %v, %v, want %v", name, got, err, want)
		}
	}
}
