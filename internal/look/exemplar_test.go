package look

import (
	"testing"

	"herbarium/internal/graph"
	"herbarium/internal/objective"
)

// What a unit sees of a photo: 3x3 convolutions of stride 2 and 1 see 7 pixels, every 2; the photo cuts it off.
func TestPatchIsTheReceptiveField(t *testing.T) {
	conv := func(name, in string, stride int) graph.Node {
		return graph.Node{Name: name, In: []string{in}, Op: graph.Conv{Out: 1, Kernel: graph.Pair{3, 3}, Stride: graph.Pair{stride, stride}, Pad: graph.Pair{1, 1}, Dilation: graph.Pair{1, 1}, Groups: 1}}
	}
	g := &graph.Graph{Nodes: []graph.Node{conv("a", graph.Input, 2), conv("b", "a", 1), {Name: "gap", In: []string{"b"}, Op: graph.GAP{}}}}
	v := &Viewer{Model: &graph.Net{Graph: g, Input: graph.Shape{3, 32, 32}}}
	rows, err := g.Table(v.Model.Input)
	if err != nil {
		t.Fatal(err)
	}
	survey := &Survey{viewer: v, rows: map[string]graph.Row{}}
	for _, r := range rows {
		survey.rows[r.Name] = r
	}
	for _, c := range []struct {
		node string
		y, x int
		want [4]int
	}{{"a", 4, 5, [4]int{7, 9, 10, 12}}, {"b", 4, 5, [4]int{5, 7, 12, 14}}, {"b", 0, 15, [4]int{0, 27, 4, 32}}, {"gap", 0, 0, [4]int{0, 0, 32, 32}}} {
		top, left, bottom, right := survey.patch(objective.Term{Node: c.node}, exemplar{y: c.y, x: c.x})
		if got := [4]int{top, left, bottom, right}; got != c.want {
			t.Errorf("%s@%d,%d sees %v, want %v", c.node, c.y, c.x, got, c.want)
		}
	}
}
