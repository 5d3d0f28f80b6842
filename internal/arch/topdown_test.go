package arch

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"herbarium/internal/graph"
)

var square32 = graph.Shape{3, 32, 32}

func topDown(t *testing.T, name string, in graph.Shape, d TopDown) *graph.Graph {
	t.Helper()
	g, err := BuildTopDown(name, in, d, Options{Classes: 5})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// The stages' shapes, as the design has them: 64@8, 32@16, 16@32 and so on.
func TestTopDownShapes(t *testing.T) {
	tests := []struct {
		name string
		in   graph.Shape
		d    TopDown
		want map[string]graph.Shape
	}{
		{"td-resnet32", square32, TopDown{}, map[string]graph.Shape{"stage8": {64, 8, 8}, "stage16": {32, 16, 16}, "stage32": {16, 32, 32}}},
		{"uni-resnet32", square32, TopDown{}, map[string]graph.Shape{"stage8": {32, 8, 8}, "stage16": {32, 16, 16}, "stage32": {32, 32, 32}}},
		{"rev-resnet32", square32, TopDown{}, map[string]graph.Shape{"stage8": {16, 8, 8}, "stage16": {32, 16, 16}, "stage32": {64, 32, 32}}},
		{"td-resnet18", graph.Shape{3, 128, 128}, TopDown{}, map[string]graph.Shape{"stage8": {256, 8, 8}, "stage16": {128, 16, 16}, "stage32": {64, 32, 32}, "stage64": {32, 64, 64}}},
		{"td-resnet14", graph.Shape{3, 28, 28}, TopDown{}, map[string]graph.Shape{"stage7": {32, 7, 7}, "stage14": {16, 14, 14}, "stage28": {8, 28, 28}, "head7": {5}, "head7.map": {5, 7, 7}}},
		{"td-resnet14", graph.Shape{3, 36, 48}, TopDown{Scales: []int{6, 2}, Widths: []int{3, 9}}, map[string]graph.Shape{"stage6": {3, 6, 8}, "stage18": {9, 18, 24}}},
	}
	for _, tt := range tests {
		g := topDown(t, tt.name, tt.in, tt.d)
		shapes, err := g.Shapes(tt.in)
		if err != nil {
			t.Fatal(err)
		}
		for layer, want := range tt.want {
			n, err := g.Find(layer)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(shapes[n.Name], want) {
				t.Errorf("%s: %s is %v, want %v", tt.name, layer, shapes[n.Name], want)
			}
		}
	}
}

func TestTopDownHeadsAndEntries(t *testing.T) {
	g := topDown(t, "td-resnet14", square32, TopDown{})
	want := []graph.Head{{Name: "head8", Map: "head8.map"}, {Name: "head16", Map: "head16.map"}, {Name: "head32", Map: "head32.map"}}
	if diff := cmp.Diff(want, g.Heads()); diff != "" {
		t.Error(diff)
	}
	if n, err := g.Find(graph.Logits); err != nil || n.Name != "head32" {
		t.Errorf("the logits are %v, %v", n, err)
	}
	entries := []graph.Entry{{Node: "stage8.entry", Factor: 4}, {Node: "stage16.entry", Factor: 2}, {Node: "stage32.entry", Factor: 1}}
	if diff := cmp.Diff(entries, g.Entries()); diff != "" {
		t.Error(diff)
	}
	// A head needs no finer scale: that is what leaving early saves.
	part, err := g.Slice("head8")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range part.Nodes {
		if strings.Contains(n.Name, "16") || strings.Contains(n.Name, "32") {
			t.Errorf("head8 needs %s", n.Name)
		}
	}
	plain, err := Build("resnet20", Options{Classes: 5})
	if err != nil {
		t.Fatal(err)
	}
	if heads := plain.Heads(); heads != nil {
		t.Errorf("resnet20 has heads %v", heads)
	}
	if diff := cmp.Diff([]string{graph.Logits}, plain.Outputs()); diff != "" {
		t.Error(diff)
	}
}

func TestTopDownErrors(t *testing.T) {
	tests := []struct {
		name string
		in   graph.Shape
		d    TopDown
		want string
	}{
		{"td-resnet20", square32, TopDown{}, `no top-down architecture "td-resnet20"; there are td-resnet14, `},
		{"resnet32", square32, TopDown{}, "no top-down architecture"},
		{"td-resnet32", graph.Shape{3, 30, 32}, TopDown{}, "td-resnet32: photos of 30x32 cannot be divided by the coarsest scale, 4"},
		{"td-resnet18", square32, TopDown{Scales: []int{32, 16, 8}}, "td-resnet18: photos of 32x32 are too small for scale 32, whose blur reaches 48 pixels: leave it out of --scales"},
		{"td-resnet32", square32, TopDown{Scales: []int{2, 4}}, "scales 2,4: they must fall"},
		{"td-resnet32", square32, TopDown{Scales: []int{4, 3}}, "each a multiple of the next"},
		{"td-resnet32", square32, TopDown{Scales: []int{4, 0}}, "they must fall"},
		{"td-resnet32", square32, TopDown{Scales: []int{}}, "0 scales"},
		{"td-resnet32", square32, TopDown{Widths: []int{4, 4}}, "2 widths (4,4) for 3 scales (4,2,1)"},
		{"td-resnet32", square32, TopDown{Widths: []int{4, 4, 0}}, "width 0 is not within"},
	}
	for _, tt := range tests {
		_, err := BuildTopDown(tt.name, tt.in, tt.d, Options{Classes: 5})
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s %v: error %v, want one with %q", tt.name, tt.d, err, tt.want)
		}
	}
}

// The matched net costs what it should to a few percent, and the other cost differs: top-down nets have few
// parameters where images are large.
func TestMatch(t *testing.T) {
	for _, name := range TopDownNames() {
		in := square32
		if strings.HasSuffix(name, "18") {
			in = graph.Shape{3, 128, 128}
		}
		to := &graph.Net{Graph: topDown(t, name, in, TopDown{}), Arch: name, Input: in}
		params, macs, err := to.Graph.Cost(in)
		if err != nil {
			t.Fatal(err)
		}
		for _, what := range []string{"params", "macs"} {
			for _, blur := range []int{0, 4} {
				g, arch, err := Match(to, what, blur, Options{Classes: 5})
				if err != nil {
					t.Fatal(err)
				}
				p, m, err := g.Cost(in)
				if err != nil {
					t.Fatal(err)
				}
				off := math.Abs(float64(p)/float64(params) - 1)
				if what == "macs" {
					off = math.Abs(float64(m)/float64(macs) - 1)
				}
				if off > 0.05 || !strings.HasPrefix(arch, "bu-resnet") {
					t.Errorf("%s by %s: %s with %d parameters and %d multiply-adds, not %d and %d", name, what, arch, p, m, params, macs)
				}
				if blurred := slices.ContainsFunc(g.Nodes, func(n graph.Node) bool { return n.Op.Name() == "blurpool" }); blurred != (blur > 0) {
					t.Errorf("%s blur %d: a blur %t", name, blur, blurred)
				}
			}
		}
	}
	// Nets of any width have a counterpart, or a reason that there is none.
	for _, tt := range []struct {
		width int
		want  string
	}{{700, ""}, {1, "the bottom-up net nearest to "}} {
		to := &graph.Net{Graph: topDown(t, "td-resnet14", square32, TopDown{Scales: []int{8}, Widths: []int{tt.width}}), Arch: "td-resnet14", Input: square32}
		if _, _, err := Match(to, "params", 0, Options{Classes: 5}); (err == nil) != (tt.want == "") || err != nil && !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("width %d: error %v, want %q", tt.width, err, tt.want)
		}
	}
	plain, err := Build("resnet20", Options{Classes: 5})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := Match(&graph.Net{Graph: plain, Arch: "resnet20", Input: square32}, "macs", 0, Options{Classes: 5}); err == nil ||
		!strings.HasPrefix(err.Error(), "only top-down nets have a bottom-up counterpart") {
		t.Error(err)
	}
}
