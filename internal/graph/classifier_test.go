package graph

import (
	"strings"
	"testing"
)

func TestCheckClassifier(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Net)
		want   string
	}{
		{"a classifier", func(*Net) {}, ""},
		{"no logits", func(n *Net) { delete(n.Graph.Aliases, Logits) }, "the net does not say which layer is its logits: it has no classes"},
		{"logits are maps", func(n *Net) { n.Graph.Aliases[Logits] = "block" }, "to logits 4x4x4: it does not sort images into classes"},
		{"one class", func(n *Net) { n.Graph.Nodes[len(n.Graph.Nodes)-1].Op = Linear{Out: 1, Bias: true} }, "for one number says yes or no"},
		{"gray images", func(n *Net) { n.Graph.Nodes = n.Graph.Nodes[1:]; n.Graph.Nodes[0].In[0] = Input; n.Input[0] = 1 }, ""},
		{"four channels", func(n *Net) { n.Graph.Nodes = n.Graph.Nodes[1:]; n.Graph.Nodes[0].In[0] = Input; n.Input[0] = 4 }, "the net takes images of 4 channels; there are gray ones of 1 channel and RGB ones of 3"},
	}
	for _, test := range tests {
		n := smallNet(t)
		test.change(n)
		classes, err := n.CheckClassifier()
		switch {
		case test.want == "" && (err != nil || classes != 2):
			t.Errorf("%s: %d classes, error %v", test.name, classes, err)
		case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%s: error %v, want %q", test.name, err, test.want)
		}
	}
}

func TestCheckClasses(t *testing.T) {
	n := smallNet(t)
	if err := n.CheckClasses(); err != nil {
		t.Error(err)
	}
	n.Classes = nil
	if err := n.CheckClasses(); err == nil {
		t.Error("a net without names names its classes")
	}
}
