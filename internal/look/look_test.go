package look

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"herbarium/format"
	"herbarium/internal/ascend"
	"herbarium/internal/graph"
	"herbarium/internal/objective"
	"herbarium/internal/optimize"
	"herbarium/internal/prior"
)

// A plane stays a plane at any size, apart from its edges; a constant stays what it is everywhere.
func TestResizedKeepsPlanes(t *testing.T) {
	const h, w = 12, 20
	plane := make([]float32, 3*h*w)
	for i := range plane {
		y, x := i/w%h, i%w
		plane[i] = float32(0.01*(float64(x)+0.5)/w + 0.02*(float64(y)+0.5)/h + float64(i/(h*w)))
	}
	for _, size := range [][2]int{{12, 20}, {6, 10}, {17, 28}, {5, 40}} {
		out := resized(plane, h, w, size[0], size[1])
		for i, v := range out {
			y, x := i/size[1]%size[0], i%size[1]
			want := 0.01*(float64(x)+0.5)/float64(size[1]) + 0.02*(float64(y)+0.5)/float64(size[0]) + float64(i/(size[0]*size[1]))
			edge := y < 2 || x < 2 || y >= size[0]-2 || x >= size[1]-2
			if far := math.Abs(float64(v) - want); far > 1e-5 && !edge || far > 0.005 {
				t.Fatalf("%v: value %d is %v, want %v", size, i, v, want)
			}
		}
	}
}

func TestOctavesShrinkByTheirScale(t *testing.T) {
	var got []int
	for k := 3; k >= 0; k-- {
		got = append(got, octaveSide(96, k, 1.4))
	}
	if diff := cmp.Diff([]int{35, 49, 69, 96}, got); diff != "" {
		t.Error(diff)
	}
}

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

// The best channels are those with the largest share of what training photos reach.
func TestTopGoesByTheShareOfTheLargest(t *testing.T) {
	unit := func(c int) objective.Unit {
		return objective.Unit{Text: string(rune('0' + c)), Terms: []objective.Term{{Weight: 1, Node: "a", Channel: c}}}
	}
	model := &graph.Net{Stats: map[string]format.Tensor{"max.a": format.Of("max.a", []int{3}, []float32{10, 1, 2})}}
	g := &Survey{viewer: &Viewer{Model: model}, total: map[string]float64{"0": 5, "1": 4, "2": 6}}
	var got []string
	for _, u := range g.Top([]objective.Unit{unit(0), unit(1), unit(2)}, 0, 2) {
		got = append(got, u.Text)
	}
	if diff := cmp.Diff([]string{"1", "2"}, got); diff != "" {
		t.Error(diff)
	}
}

// What a batch pays for variation at the end of a run depends on whether its layers are vectors, and its norms on how deep
// it looks.
func TestPriorsOfABatch(t *testing.T) {
	maps, vector := graph.Images(graph.Shape{8, 4, 4}), graph.Images(graph.Shape{3})
	rows := []graph.Row{{Name: "conv", Value: maps}, {Name: "bn", Value: maps}, {Name: "fc", Value: vector}, {Name: "late", Value: vector}}
	p := &priors{}
	p.Variation, p.BatchNorms = optimize.Ramp{From: 0.02, To: 0.0001}, []prior.BatchNorm{{Node: "bn"}, {Node: "late"}}
	items := func(nodes ...string) (out []ascend.Item) {
		for _, node := range nodes {
			out = append(out, ascend.Item{Unit: objective.Unit{Terms: []objective.Term{{Node: node}}}})
		}
		return out
	}
	for _, c := range []struct {
		nodes []string
		to    float64
		norms int
	}{{[]string{"conv"}, 0.0001, 0}, {[]string{"bn"}, 0.0001, 1}, {[]string{"fc"}, 0.00005, 1}, {[]string{"conv", "late"}, 0.0001, 2}} {
		got := p.of(rows, items(c.nodes...), 0.5)
		if got.Variation != (optimize.Ramp{From: 0.02, To: c.to}) || len(got.BatchNorms) != c.norms {
			t.Errorf("%v: %+v", c.nodes, got)
		}
	}
	if got := p.of(rows, items("fc"), 0); got.Variation != p.Variation {
		t.Errorf("nothing asked for: %+v", got.Variation)
	}
}
