package graph

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestShapes(t *testing.T) {
	got, err := small().Shapes(Shape{3, 9, 8})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]Shape{
		Input: {3, 9, 8}, "normalize": {3, 9, 8}, "conv1": {4, 5, 4}, "bn1": {4, 5, 4}, "relu": {4, 5, 4},
		"block.conv1": {4, 5, 4}, "block.bn1": {4, 5, 4}, "block.add": {4, 5, 4}, "block": {4, 5, 4},
		"avgpool": {4, 1, 1}, "flatten": {4}, "fc": {2},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestShapesThatDoNotFit(t *testing.T) {
	one := func(n Node) []Node { n.Name, n.In = "x", []string{Input}; return []Node{n} }
	two := func(first, second Node) []Node {
		first.Name, first.In = "w", []string{Input}
		second.Name, second.In = "x", []string{Input, "w"}
		return []Node{first, second}
	}
	half := Node{Op: MaxPool{Kernel: Pair{2, 2}, Stride: Pair{2, 2}, Dilation: Pair{1, 1}}}
	large := with(conv("", "", 3, 7, 2), func(c *Conv) { c.Pad = Pair{} })
	tests := []struct {
		name  string
		nodes []Node
		in    Shape
		want  string
	}{
		{"input of rank 2", one(Node{Op: ReLU{}}), Shape{3, 4}, "neither [C,H,W] nor [C]"},
		{"input without pixels", one(Node{Op: ReLU{}}), Shape{3, 0, 4}, "0 is not within"},
		{"negative input", one(Node{Op: ReLU{}}), Shape{-3}, "-3 is not within"},
		{"huge input", one(Node{Op: ReLU{}}), Shape{1 << 12, 1 << 12, 1 << 12}, "more than"},
		{"image too small", one(large), Shape{3, 6, 20}, `node "x" (conv) on 3x6x20: its window of 7 does not fit into 6 pixels`},
		{"convolution of a list", one(large), Shape{3}, "shape [C,H,W]"},
		{"channels of normalize", one(Node{Op: Normalize{Mean: []float64{0}, Std: []float64{1}}}), Shape{3, 4, 4}, "1 channels, the input has 3"},
		{"sum of two sizes", two(half, Node{Op: Add{}}), Shape{3, 4, 4}, "cannot be combined with 3x2x2"},
		{"sum of ranks", two(Node{Op: Flatten{}}, Node{Op: Add{}}), Shape{3, 4, 4}, "cannot be combined with 48"},
		{"concat of two sizes", two(half, Node{Op: Concat{}}), Shape{3, 4, 4}, "cannot be joined with 3x2x2 along axis 0"},
		{"concat along no axis", two(Node{Op: ReLU{}}, Node{Op: Concat{Axis: 1}}), Shape{3}, "no axis 1"},
		{"softmax along no axis", one(Node{Op: Softmax{Axis: 2}}), Shape{3}, "no axis 2"},
		{"resize to nothing", one(Node{Op: Resize{Mode: "nearest", Scale: []float64{0.1, 1}}}), Shape{3, 4, 4}, "0 is not within"},
		{"resize to the moon", one(Node{Op: Resize{Mode: "nearest", Scale: []float64{4096, 4096}}}), Shape{3, 4096, 4096}, "more than"},
		{"blur of a small image", one(Node{Op: BlurPool{Stride: Pair{4, 4}}}), Shape{3, 6, 20}, "its blur reaches 6 pixels"},
		{"slice outside", one(Node{Op: Slice{Start: []int{3}, Step: []int{1}}}), Shape{3}, "outside axis 0"},
		{"slice beyond", one(Node{Op: Slice{Start: []int{0}, Stop: []int{4}, Step: []int{1}}}), Shape{3}, "outside axis 0"},
		{"slice of an image by one axis", one(Node{Op: Slice{Start: []int{0}, Step: []int{1}}}), Shape{3, 4, 4}, "needs an input of 1 axes, not 3"},
		{"reflect beyond the image", one(Node{Op: Pad{Mode: "reflect", Before: []int{0, 4, 0}, After: []int{0, 0, 0}}}), Shape{3, 4, 4}, "cannot reflect"},
		{"pad beyond all bounds", one(Node{Op: Pad{Mode: "zeros", Before: []int{1 << 24}, After: []int{1 << 24}}}), Shape{3}, "is not within"},
		{"flatten beyond all bounds", one(Node{Op: Flatten{}}), Shape{1 << 10, 1 << 10, 1 << 10}, "is not within"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := (&Graph{Nodes: tt.nodes}).Shapes(tt.in)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}

func TestGroupsMustDivideTheInput(t *testing.T) {
	n := with(conv("x", Input, 4, 1, 1), func(c *Conv) { c.Groups = 2 })
	if _, err := (&Graph{Nodes: []Node{n}}).Shapes(Shape{3, 4, 4}); err == nil || !strings.Contains(err.Error(), "into 2 groups") {
		t.Error(err)
	}
}

// A graph may be made to deceive: each tensor alone is bounded, and so is each parameter.
func TestParamsBoundTheirSize(t *testing.T) {
	g := &Graph{Nodes: []Node{{Name: "x", In: []string{Input}, Op: Linear{Out: 1 << 20}}}}
	if _, err := g.Params(Shape{1 << 20}); err == nil || !strings.Contains(err.Error(), `parameter "x.weight"`) {
		t.Error(err)
	}
}

func TestParams(t *testing.T) {
	g := small()
	g.Nodes[1] = with(g.Nodes[1], func(c *Conv) { c.Bias = true })
	g.Nodes[4] = with(g.Nodes[4], func(c *Conv) { c.Groups = 2 })
	got, err := g.Params(Shape{3, 8, 8})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range got {
		mark := ""
		if p.Buffer {
			mark = " buffer"
		}
		names = append(names, p.Name+" "+Shape(p.Shape).String()+mark)
	}
	want := []string{
		"conv1.weight 4x3x3x3", "conv1.bias 4",
		"bn1.weight 4", "bn1.bias 4", "bn1.running_mean 4 buffer", "bn1.running_var 4 buffer",
		"block.conv1.weight 4x2x3x3",
		"block.bn1.weight 4", "block.bn1.bias 4", "block.bn1.running_mean 4 buffer", "block.bn1.running_var 4 buffer",
		"fc.weight 2x4", "fc.bias 2",
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
}
