package graph

import "testing"

// tokenNet is a transformer of two blocks whose logits come from its class token.
func tokenNet() *Net {
	g := &Graph{Aliases: map[string]string{Logits: "head"}}
	add := func(name string, op Op, ins ...string) {
		g.Nodes = append(g.Nodes, Node{Name: name, In: ins, Op: op})
	}
	add("patches", Conv{Out: 8, Kernel: Pair{8, 8}, Stride: Pair{8, 8}, Dilation: Pair{1, 1}, Groups: 1}, Input)
	add("flat", Reshape{Shape: []int{8, -1}}, "patches")
	add("tokens", Transpose{Order: []int{1, 0}}, "flat")
	add("cls", Parameter{Shape: []int{1, 8}})
	add("embedded", Concat{Axis: 0}, "cls", "tokens")
	x := "embedded"
	for _, b := range []string{"0", "1"} {
		add("norm"+b, LayerNorm{Axes: []int{1}, Eps: 1e-6}, x)
		for _, part := range []string{"q", "k", "v"} {
			add(part+b, Linear{Out: 8}, "norm"+b)
		}
		add("attention"+b, Attention{Heads: 2, Scale: 0.5}, "q"+b, "k"+b, "v"+b)
		add("sum"+b, Add{}, x, "attention"+b)
		add("fc1"+b, Linear{Out: 16}, "sum"+b)
		add("act"+b, GELU{Mode: "erf"}, "fc1"+b)
		add("fc2"+b, Linear{Out: 8}, "act"+b)
		add("block"+b, Add{}, "sum"+b, "fc2"+b)
		g.Aliases["blocks."+b] = "block" + b
		x = "block" + b
	}
	add("first", Slice{Start: []int{0, 0}, Stop: []int{1, 0}, Step: []int{1, 1}}, x)
	add("token", Reshape{Shape: []int{8}}, "first")
	add("head", Linear{Out: 5}, "token")
	return &Net{Graph: g, Input: Shape{3, 16, 24}}
}

// After the last attention no position reaches the class token; before it, all do.
func TestPositionsReach(t *testing.T) {
	n := tokenNet()
	values, err := n.Graph.Values(n.Input)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"embedded": true, "block0": true, "norm1": true, "k1": true, "sum1": false, "act1": false, "block1": false} {
		if got := n.Graph.PositionsReach(values, name, Logits); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

func TestPrefixTokens(t *testing.T) {
	n := tokenNet()
	values, err := n.Graph.Values(n.Input)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"patches": "2x3", "tokens": "2x3", "cls": "-", "embedded": "1+2x3", "act1": "1+2x3", "first": "-", "head": "-"} {
		if got := values[name].Positions(); got != want {
			t.Errorf("%s: positions %s, want %s", name, got, want)
		}
	}
	tokens, axis := values["act1"].Prefix()
	if m := tokens.Map(); axis != 0 || m != (Map{16, 1, 1, true}) {
		t.Errorf("prefix tokens are %+v of axis %d", m, axis)
	}
}

// Units of a block are what its MLP activates; units of a convolution are its own.
func TestUnitsOfBlocks(t *testing.T) {
	for stage, want := range map[string]string{"blocks.0": "act0", "blocks.1": "act1", "patches": "patches", "sum0": "sum0", "logits": "logits"} {
		if got, err := tokenNet().Units(stage); err != nil || got != want {
			t.Errorf("%s: %s, %v; want %s", stage, got, err, want)
		}
	}
}
