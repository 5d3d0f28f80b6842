package graph

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTable(t *testing.T) {
	g := small()
	rows, err := g.Table(Shape{3, 9, 8})
	if err != nil {
		t.Fatal(err)
	}
	type cost struct{ Params, MACs int64 }
	got := map[string]cost{}
	for i, r := range rows {
		if r.Name != g.Nodes[i].Name || r.Op != g.Nodes[i].Op.Name() {
			t.Errorf("row %d is %s (%s)", i, r.Name, r.Op)
		}
		if c := (cost{r.Params, r.MACs}); c != (cost{}) {
			got[r.Name] = c
		}
	}
	want := map[string]cost{ // output sizes are 4x5x4 after conv1
		"conv1":       {4 * 3 * 9, 4 * 5 * 4 * 3 * 9},
		"bn1":         {8, 0},
		"block.conv1": {4 * 4 * 9, 4 * 5 * 4 * 4 * 9},
		"block.bn1":   {8, 0},
		"fc":          {2*4 + 2, 2 * 4},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestMACs(t *testing.T) {
	grouped := with(conv("x", Input, 6, 3, 1), func(c *Conv) { c.Groups, c.Kernel, c.Pad = 2, Pair{1, 3}, Pair{0, 1} })
	tests := []struct {
		n    Node
		want int64
	}{
		{grouped, 6 * 10 * 12 * 2 * 3},
		// 7 taps along y give 4x5x12 values, then 7 along x give 4x5x6.
		{Node{Name: "x", In: []string{Input}, Op: BlurPool{Stride: Pair{2, 2}}}, 7*4*5*12 + 7*4*5*6},
		{plainNode("x", ReLU{}, Input), 0},
		{plainNode("x", GAP{}, Input), 0},
	}
	for _, tt := range tests {
		rows, err := (&Graph{Nodes: []Node{tt.n}}).Table(Shape{4, 10, 12})
		if err != nil {
			t.Fatal(err)
		}
		if rows[0].MACs != tt.want {
			t.Errorf("%s: %d multiply-adds, want %d", tt.n.Op.Name(), rows[0].MACs, tt.want)
		}
	}
}

// A count that no int64 holds is cut off, not wrapped around into something small or negative.
func TestMACsDoNotOverflow(t *testing.T) {
	n := conv("x", Input, 1<<10, 1<<10, 1)
	values := map[string]Value{Input: feature(1<<20, 1, 1), "x": feature(1<<24, 1<<24, 1<<24)}
	if got := n.macs(values); got != 1<<62 {
		t.Errorf("%d multiply-adds", got)
	}
}

func TestWriteTable(t *testing.T) {
	g := &Graph{Nodes: []Node{conv("conv1", Input, 4, 3, 2), norm("bn1", "conv1"), plainNode("avgpool", GAP{}, "bn1")},
		Aliases: map[string]string{"stem": "bn1", "layer1": "bn1"}}
	rows, err := g.Table(Shape{3, 9, 8})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := WriteTable(&b, rows); err != nil {
		t.Fatal(err)
	}
	want := `
node     op    shape  parameters  multiply-adds  field  stride  alias
conv1    conv  4x5x4  108         2160           3      2       -
bn1      bn    4x5x4  8           -              3      2       layer1, stem
avgpool  gap   4x1x1  -           -              whole  -       -
total                 116         2160                          
`
	if diff := cmp.Diff(strings.TrimPrefix(want, "\n"), b.String()); diff != "" {
		t.Error(diff)
	}
}

func TestWriteDOT(t *testing.T) {
	g := &Graph{Nodes: []Node{conv("conv1", Input, 4, 3, 2), plainNode("sum", Add{}, "conv1", "conv1")}}
	var b bytes.Buffer
	if err := g.WriteDOT(&b, Shape{3, 9, 8}); err != nil {
		t.Fatal(err)
	}
	want := `digraph net {
	node [shape=box, fontname="sans-serif"]
	"input" [label="input\n3x9x8", shape=oval]
	"conv1" [label="conv1\nconv 4x5x4"]
	"input" -> "conv1"
	"sum" [label="sum\nadd 4x5x4"]
	"conv1" -> "sum"
	"conv1" -> "sum"
}
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
}
