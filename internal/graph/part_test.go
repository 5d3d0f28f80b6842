package graph

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func names(g *Graph) []string {
	var list []string
	for _, n := range g.Nodes {
		list = append(list, n.Name)
	}
	return list
}

func TestSlice(t *testing.T) {
	tests := []struct {
		keep  []string
		nodes string
		alias map[string]string
	}{
		{[]string{"bn1"}, "normalize conv1 bn1", nil},
		{[]string{"layer1"}, "normalize conv1 bn1 relu block.conv1 block.bn1 block.add block", map[string]string{"layer1": "block"}},
		{[]string{"block.conv1", "relu"}, "normalize conv1 bn1 relu block.conv1", nil},
		{[]string{"logits"}, strings.Join(names(small()), " "), small().Aliases},
	}
	for _, tt := range tests {
		g := small()
		got, err := g.Slice(tt.keep...)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(strings.Fields(tt.nodes), names(got)); diff != "" {
			t.Errorf("%v: %s", tt.keep, diff)
		}
		if diff := cmp.Diff(tt.alias, got.Aliases); diff != "" {
			t.Errorf("%v: aliases: %s", tt.keep, diff)
		}
		if diff := cmp.Diff(small(), g); diff != "" {
			t.Errorf("%v: the graph itself has changed: %s", tt.keep, diff)
		}
	}
	if _, err := small().Slice("layer1", "layer7"); err == nil || !strings.Contains(err.Error(), `"layer7"`) {
		t.Errorf("unknown layer: %v", err)
	}
}

// Whatever order a graph has its nodes in, staged it has what each head needs before what only later ones need.
func TestStagedHasHeadsOneAfterTheOther(t *testing.T) {
	g := &Graph{Aliases: map[string]string{"logits": "fine"}}
	for _, n := range []string{"a input", "b a", "aside a", "c b", "coarse.map a", "fine.map c", "fine fine.map", "coarse coarse.map"} {
		words := strings.Fields(n)
		g.Nodes = append(g.Nodes, Node{Name: words[0], In: words[1:], Op: ReLU{}})
	}
	got, err := g.Staged("coarse", "logits")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Fields("a coarse.map coarse b c fine.map fine aside"), names(got)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(g.Aliases, got.Aliases); diff != "" {
		t.Error(diff)
	}
	if _, err := g.Staged("none"); err == nil {
		t.Error("an unknown node was staged")
	}
}

// A node is in the slice if and only if a path leads from it to a wanted node.
func TestSliceKeepsExactlyTheAncestors(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := drawGraph(t)
		wanted := rapid.SliceOfN(rapid.SampledFrom(names(g)), 1, 3).Draw(t, "wanted")
		// leads[i][j]: a path of any length from node i to node j (Warshall's closure).
		index := map[string]int{}
		leads := make([][]bool, len(g.Nodes))
		for i, n := range g.Nodes {
			index[n.Name] = i
			leads[i] = make([]bool, len(g.Nodes))
			leads[i][i] = true
		}
		for j, n := range g.Nodes {
			for _, in := range n.In {
				if in != Input {
					leads[index[in]][j] = true
				}
			}
		}
		for k := range leads {
			for i := range leads {
				for j := range leads {
					leads[i][j] = leads[i][j] || leads[i][k] && leads[k][j]
				}
			}
		}
		want := &Graph{}
		for i, n := range g.Nodes {
			for _, w := range wanted {
				if leads[i][index[w]] {
					want.Nodes = append(want.Nodes, n)
					break
				}
			}
		}
		got, err := g.Slice(wanted...)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want.Nodes, got.Nodes); diff != "" {
			t.Fatalf("slice for %v: %s", wanted, diff)
		}
		if err := got.Validate(); err != nil {
			t.Fatal(err)
		}
		again, err := got.Slice(wanted...)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(got, again); diff != "" {
			t.Fatalf("a slice of the slice differs: %s", diff)
		}
	})
}
