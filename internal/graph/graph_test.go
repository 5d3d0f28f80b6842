package graph

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The shortest valid node of its op, on the graph's input.
func conv(name, in string, out, kernel, stride int) Node {
	return Node{Name: name, In: []string{in}, Op: Conv{Out: out, Kernel: Pair{kernel, kernel}, Stride: Pair{stride, stride}, Pad: Pair{kernel / 2, kernel / 2}, Dilation: Pair{1, 1}, Groups: 1}}
}

// with changes a node's op.
func with[O Op](n Node, change func(*O)) Node {
	op := n.Op.(O)
	change(&op)
	n.Op = op
	return n
}

func norm(name, in string) Node {
	return Node{Name: name, In: []string{in}, Op: BN{Eps: 1e-5, Momentum: 0.1}}
}

func plainNode(name string, op Op, in ...string) Node { return Node{Name: name, Op: op, In: in} }

// small is a net with one of everything that Fold, Slice and documents care about: a normalization, a folded and an
// unfolded norm, a branch, a head and aliases.
func small() *Graph {
	return &Graph{
		Nodes: []Node{
			{Name: "normalize", In: []string{Input}, Op: Normalize{Mean: []float64{0.5, 0.5, 0.5}, Std: []float64{0.2, 0.2, 0.2}}},
			conv("conv1", "normalize", 4, 3, 2),
			norm("bn1", "conv1"),
			plainNode("relu", ReLU{}, "bn1"),
			conv("block.conv1", "relu", 4, 3, 1),
			norm("block.bn1", "block.conv1"),
			plainNode("block.add", Add{}, "block.bn1", "relu"),
			plainNode("block", ReLU{}, "block.add"),
			plainNode("avgpool", GAP{}, "block"),
			plainNode("flatten", Flatten{}, "avgpool"),
			{Name: "fc", In: []string{"flatten"}, Op: Linear{Out: 2, Bias: true}},
		},
		Aliases: map[string]string{"logits": "fc", "layer1": "block"},
	}
}

// drawGraph makes a graph of up to 20 nodes that keep the shape, wired at random.
func drawGraph(t *rapid.T) *Graph {
	g := &Graph{}
	names := []string{Input}
	for i := range rapid.IntRange(1, 20).Draw(t, "nodes") {
		name := "n" + string(rune('a'+i))
		pick := func() string { return rapid.SampledFrom(names).Draw(t, "in") }
		switch rapid.SampledFrom([]Op{Conv{}, BN{}, ReLU{}, Add{}, Clip{}}).Draw(t, "op").(type) {
		case Conv:
			g.Nodes = append(g.Nodes, conv(name, pick(), 3, 3, 1))
		case BN:
			g.Nodes = append(g.Nodes, norm(name, pick()))
		case ReLU:
			g.Nodes = append(g.Nodes, plainNode(name, ReLU{}, pick()))
		case Add:
			g.Nodes = append(g.Nodes, plainNode(name, Add{}, pick(), pick()))
		case Clip:
			g.Nodes = append(g.Nodes, Node{Name: name, In: []string{pick()}, Op: Clip{Max: 6}})
		}
		names = append(names, name)
	}
	if rapid.Bool().Draw(t, "alias") {
		g.Aliases = map[string]string{"logits": rapid.SampledFrom(names[1:]).Draw(t, "logits")}
	}
	return g
}

func TestValidateNamesWhatIsWrong(t *testing.T) {
	one := func(n Node) *Graph { n.Name, n.In = "x", []string{Input}; return &Graph{Nodes: []Node{n}} }
	change := func(f func(*Graph)) *Graph { g := small(); f(g); return g }
	tests := []struct {
		name string
		g    *Graph
		want string // part of the error
	}{
		{"nothing", &Graph{}, "no nodes"},
		{"no name", one(Node{Op: ReLU{}}).rename(""), "name is empty"},
		{"name with a colon", one(Node{Op: ReLU{}}).rename("a:b"), `"a:b"`},
		{"name with a space", one(Node{Op: ReLU{}}).rename("a b"), `"a b"`},
		{"name not ASCII", one(Node{Op: ReLU{}}).rename("é"), `'é'`},
		{"name too long", one(Node{Op: ReLU{}}).rename(strings.Repeat("n", 201)), "longer than 200"},
		{"named input", one(Node{Op: ReLU{}}).rename("input"), `"input" means`},
		{"named stat", one(Node{Op: ReLU{}}).rename("stat.max"), `"stat.max" belongs`},
		{"same name twice", change(func(g *Graph) { g.Nodes[2].Name = "conv1" }), `two nodes named "conv1"`},
		{"dangling", change(func(g *Graph) { g.Nodes[2].In[0] = "conv9" }), `"bn1": input "conv9" is not a node`},
		{"cycle", change(func(g *Graph) { g.Nodes[2].In[0] = "relu" }), `"bn1": input "relu" does not come before it`},
		{"self", change(func(g *Graph) { g.Nodes[2].In[0] = "bn1" }), `"bn1": input "bn1" does not come before it`},
		{"unknown op", one(Node{}), "has no op"},
		{"no input", change(func(g *Graph) { g.Nodes[2].In = nil }), `"bn1": bn takes 1 input, not 0`},
		{"two inputs", change(func(g *Graph) { g.Nodes[2].In = []string{"conv1", "conv1"} }), "bn takes 1 input, not 2"},
		{"sum of one", one(Node{Op: Add{}}), "add takes 2 inputs or more, not 1"},
		{"alias to nothing", change(func(g *Graph) { g.Aliases["a"] = "b" }), `alias "a": "b" is not a node`},
		{"alias to input", change(func(g *Graph) { g.Aliases["a"] = Input }), `alias "a": "input" is not a node`},
		{"alias to alias", change(func(g *Graph) { g.Aliases["a"] = "logits" }), `alias "a": "logits" is not a node`},
		{"alias is a node", change(func(g *Graph) { g.Aliases["fc"] = "relu" }), `alias "fc" is also a node`},
		{"too many nodes", &Graph{Nodes: make([]Node, maxNodes+1)}, "more than 10000"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.g.Validate()
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "\n") {
				t.Errorf("error of more than one line: %q", err)
			}
		})
	}
	if err := small().Validate(); err != nil {
		t.Error(err)
	}
}

func (g *Graph) rename(name string) *Graph { g.Nodes[0].Name = name; return g }

func TestFind(t *testing.T) {
	g := small()
	for name, want := range map[string]string{"fc": "fc", "logits": "fc", "layer1": "block", "block.bn1": "block.bn1"} {
		n, err := g.Find(name)
		if err != nil || n.Name != want {
			t.Errorf("Find(%q) = %v, %v, want node %q", name, n, err, want)
		}
	}
	tests := []struct{ name, want string }{
		{"logit", "nearest are logits"},
		{"layer2", "nearest are layer1"},
		{"bloc", "nearest are block, "},                         // one letter away, then what starts with it
		{"block.conv2", "nearest are block.conv1, block"},       // one letter away, then what it starts with
		{"block.", "nearest are block, block.bn1, block.add, "}, // what starts with it
		{"BN1", "nearest are bn1"},                              // case is a small error
		{"input", `layer "input" not in this net`},              // the input is no layer
		{strings.Repeat("x", 100_000), "not in this net"},       // does not take long
	}
	for _, tt := range tests {
		n, err := g.Find(tt.name)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("Find(%.20q) = %v, %v, want an error with %q", tt.name, n, err, tt.want)
		}
	}
}
