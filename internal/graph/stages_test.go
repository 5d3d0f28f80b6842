package graph

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// square is a convolution to out channels.
func squareConv(out, kernel, stride, groups int) Conv {
	return Conv{Out: out, Kernel: Pair{kernel, kernel}, Stride: Pair{stride, stride}, Pad: Pair{kernel / 2, kernel / 2}, Dilation: Pair{1, 1}, Groups: groups}
}

// sequence is a graph of nodes "NAME INPUT" with their ops.
func sequence(aliases map[string]string, nodes ...any) *Net {
	g := &Graph{Aliases: aliases}
	for i := 0; i < len(nodes); i += 2 {
		words := strings.Fields(nodes[i].(string))
		g.Nodes = append(g.Nodes, Node{Name: words[0], In: words[1:], Op: nodes[i+1].(Op)})
	}
	return &Net{Graph: g, Input: Shape{3, 32, 32}}
}

// Stages are a net's own, or the ends of its resolutions, by the names of modules where there are any.
func TestStages(t *testing.T) {
	inverted := func(aliases map[string]string) *Net {
		return sequence(aliases, "norm input", Normalize{Mean: []float64{0, 0, 0}, Std: []float64{1, 1, 1}},
			"stem norm", squareConv(8, 3, 2, 1), "act stem", ReLU{},
			"b0.expand act", squareConv(32, 1, 1, 1), "b0.act b0.expand", Clip{0, 6},
			"b0.depth b0.act", squareConv(32, 3, 2, 32), "b0.project b0.depth", squareConv(12, 1, 1, 1),
			"b1.expand b0.project", squareConv(48, 1, 1, 1), "b1.depth b1.expand", squareConv(48, 3, 1, 48),
			"b1.project b1.depth", squareConv(12, 1, 1, 1), "b1.add b1.project b0.project", Add{},
			"b2.expand b1.add", squareConv(48, 1, 1, 1), "b2.pad b2.expand", Pad{Mode: "zeros", Before: []int{0, 0, 0}, After: []int{0, 1, 1}},
			"b2.depth b2.pad", squareConv(48, 3, 2, 48), "b2.project b2.depth", squareConv(20, 1, 1, 1),
			"gap b2.project", GAP{}, "flat gap", Flatten{}, "fc flat", Linear{Out: 4})
	}
	residual := sequence(map[string]string{"layer1": "r2", "layer1.0": "r2", "layer2": "r4", "layer2.0": "r4", "layer2.0.down": "short", Logits: "fc"},
		"conv input", squareConv(8, 3, 2, 1), "r0 conv", ReLU{}, "c1 r0", squareConv(8, 3, 1, 1), "add1 c1 r0", Add{}, "r2 add1", ReLU{},
		"c3 r2", squareConv(16, 1, 1, 1), "c4 c3", squareConv(16, 3, 2, 1), "short r2", squareConv(16, 1, 2, 1), "add2 c4 short", Add{}, "r4 add2", ReLU{},
		"pool r4", MaxPool{Kernel: Pair{2, 2}, Stride: Pair{2, 2}, Dilation: Pair{1, 1}},
		"gap pool", GAP{}, "flat gap", Flatten{}, "fc flat", Linear{Out: 4})
	same := []any{"c0 input", squareConv(8, 4, 4, 1)}
	last := "c0"
	for _, name := range strings.Fields("x1 x2 x3 x4 x5 x6 x7 x8") {
		same = append(same, name+".conv "+last, squareConv(8, 3, 1, 1), name+" "+name+".conv "+last, Add{})
		last = name
	}
	tests := []struct {
		net  *Net
		want string
	}{
		{sequence(map[string]string{"a": "c1", "b": "c2", Logits: "fc"}, "c1 input", squareConv(4, 3, 1, 1), "c2 c1", squareConv(4, 3, 1, 1),
			"gap c2", GAP{}, "flat gap", Flatten{}, "fc flat", Linear{Out: 4}), "a b logits"},
		{residual, "layer1 layer2 pool logits"},
		{inverted(map[string]string{Logits: "fc"}), "act b1.add b2.project logits"},
		{inverted(map[string]string{"m.0": "b0.project", "m.1": "b1.add", "m.2": "b2.project", "m": "b2.project", Logits: "fc"}), "act m.1 m logits"},
		{inverted(nil), "act b1.add b2.project fc"},
		{sequence(nil, same...), "x2 x4 x6 x8"},
		{sequence(nil, "flat input", Flatten{}, "fc flat", Linear{Out: 4}), "fc"},
	}
	for _, tt := range tests {
		got, err := tt.net.Stages()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(strings.Fields(tt.want), got); diff != "" {
			t.Error(diff)
		}
	}
}
