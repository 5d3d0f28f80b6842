package graph

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// encoder is a block of a vision transformer as PyTorch's ops spell it: patches of 4, a class token, positions, attention
// of 2 heads, a class token's answer.
func encoder() *Graph {
	n := func(name string, op Op, in ...string) Node { return Node{Name: name, In: in, Op: op} }
	part := func(i int) Op {
		return Slice{Start: []int{0, i, 0, 0}, Stop: []int{0, i + 1, 0, 0}, Step: []int{1, 1, 1, 1}}
	}
	return &Graph{Nodes: []Node{
		n("patches", Conv{Out: 6, Kernel: Pair{4, 4}, Stride: Pair{4, 4}, Dilation: Pair{1, 1}, Groups: 1, Bias: true}, Input),
		n("flat", Reshape{Shape: []int{6, -1}}, "patches"),
		n("tokens", Transpose{Order: []int{1, 0}}, "flat"),
		n("cls_token", Parameter{Shape: []int{1, 6}}),
		n("joined", Concat{}, "cls_token", "tokens"),
		n("pos_embed", Parameter{Shape: []int{13, 6}}),
		n("embedded", Add{}, "joined", "pos_embed"),
		n("norm1", LayerNorm{Eps: 1e-6, Axes: []int{1}}, "embedded"),
		n("qkv", Linear{Out: 18, Bias: true}, "norm1"),
		n("split", Reshape{Shape: []int{13, 3, 2, 3}}, "qkv"),
		n("q4", part(0), "split"), n("q3", Reshape{Shape: []int{13, 2, 3}}, "q4"), n("q", Transpose{Order: []int{1, 0, 2}}, "q3"),
		n("k4", part(1), "split"), n("k3", Reshape{Shape: []int{13, 2, 3}}, "k4"), n("k", Transpose{Order: []int{1, 2, 0}}, "k3"),
		n("v4", part(2), "split"), n("v3", Reshape{Shape: []int{13, 2, 3}}, "v4"), n("v", Transpose{Order: []int{1, 0, 2}}, "v3"),
		n("scores", MatMul{}, "q", "k"),
		n("attention", Softmax{Axis: 2}, "scores"),
		n("heads", MatMul{}, "attention", "v"),
		n("back", Transpose{Order: []int{1, 0, 2}}, "heads"),
		n("together", Reshape{Shape: []int{13, 6}}, "back"),
		n("proj", Linear{Out: 6, Bias: true}, "together"),
		n("block", Add{}, "embedded", "proj"),
		n("patchwise", Slice{Start: []int{1, 0}, Step: []int{1, 1}}, "block"),
		n("pooled", Reduce{Mode: "mean", Axes: []int{0}}, "patchwise"),
		n("class", Slice{Start: []int{0, 0}, Stop: []int{1, 0}, Step: []int{1, 1}}, "block"),
		n("cls", Reshape{Shape: []int{6}}, "class"),
		n("head", Linear{Out: 5, Bias: true}, "cls"),
	}, Aliases: map[string]string{Logits: "head"}}
}

// Channels, positions and class token are known wherever tokens go, into heads and back.
func TestValuesOfATransformer(t *testing.T) {
	values, err := encoder().Values(Shape{3, 12, 16})
	if err != nil {
		t.Fatal(err)
	}
	grid := Map{Channels: 6, Height: 3, Width: 4, Spatial: true}
	for name, want := range map[string]struct {
		shape  string
		Map    Map
		prefix int
	}{
		"patches":   {"6x3x4", grid, 0},
		"flat":      {"6x12", grid, 0},
		"tokens":    {"12x6", grid, 0},
		"joined":    {"13x6", grid, 1},
		"embedded":  {"13x6", grid, 1},
		"norm1":     {"13x6", grid, 1},
		"qkv":       {"13x18", Map{18, 3, 4, true}, 1},
		"q":         {"2x13x3", grid, 1},
		"scores":    {"2x13x13", Map{2 * 13, 3, 4, true}, 1}, // a channel for each head and key
		"heads":     {"2x13x3", grid, 1},
		"together":  {"13x6", grid, 1},
		"block":     {"13x6", grid, 1},
		"patchwise": {"12x6", grid, 0},
		"pooled":    {"6", Map{6, 1, 1, false}, 0},
		"cls":       {"6", Map{6, 1, 1, false}, 0},
		"head":      {"5", Map{5, 1, 1, false}, 0},
	} {
		v := values[name]
		prefix := 0
		for _, p := range v.Layout().Prefix {
			prefix = max(prefix, p)
		}
		if v.Shape().String() != want.shape || v.Map() != want.Map || prefix != want.prefix {
			t.Errorf("%s: %s, %+v, %d before the grid; want %s, %+v, %d", name, v.Shape(), v.Map(), prefix, want.shape, want.Map, want.prefix)
		}
	}
}

// A patch sees its pixels until attention makes it see everything.
func TestFieldsOfATransformer(t *testing.T) {
	rows, err := encoder().Table(Shape{3, 12, 16})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		switch r.Name {
		case "patches", "flat", "tokens", "joined", "embedded", "norm1", "qkv", "split", "q", "k", "v":
			if r.Whole || r.Field != (Pair{4, 4}) || r.Stride != [2]float64{4, 4} {
				t.Errorf("%s: field %v stride %v whole %v, want 4 and 4", r.Name, r.Field, r.Stride, r.Whole)
			}
		case "scores", "attention", "heads", "proj", "block", "pooled", "head":
			if !r.Whole || r.Field != (Pair{12, 16}) {
				t.Errorf("%s: field %v whole %v, want the whole input", r.Name, r.Field, r.Whole)
			}
		case "cls_token", "pos_embed":
			if r.Whole || r.Field != (Pair{}) || r.Params == 0 {
				t.Errorf("%s: field %v whole %v, %d parameters, want a constant", r.Name, r.Field, r.Whole, r.Params)
			}
		}
	}
}

// Windows of 2x2 positions are a shuffle of positions: out and back, all is known again, and in between the grid is whole.
func TestWindowsKeepTheGrid(t *testing.T) {
	g := &Graph{Nodes: []Node{
		{Name: "hwc", In: []string{Input}, Op: Transpose{Order: []int{1, 2, 0}}},
		{Name: "cut", In: []string{"hwc"}, Op: Reshape{Shape: []int{2, 2, 3, 2, 5}}},
		{Name: "sorted", In: []string{"cut"}, Op: Transpose{Order: []int{0, 2, 1, 3, 4}}},
		{Name: "windows", In: []string{"sorted"}, Op: Reshape{Shape: []int{6, 4, 5}}},
		{Name: "mixed", In: []string{"windows"}, Op: Linear{Out: 7}},
		{Name: "open", In: []string{"mixed"}, Op: Reshape{Shape: []int{2, 3, 2, 2, 7}}},
		{Name: "unsorted", In: []string{"open"}, Op: Transpose{Order: []int{0, 2, 1, 3, 4}}},
		{Name: "back", In: []string{"unsorted"}, Op: Reshape{Shape: []int{4, 6, 7}}},
		{Name: "chw", In: []string{"back"}, Op: Transpose{Order: []int{2, 0, 1}}},
	}}
	values, err := g.Values(Shape{5, 4, 6})
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range values {
		if m := v.Map(); m.Height != 4 || m.Width != 6 || !m.Spatial {
			t.Errorf("%s: %+v, want a grid of 4x6", name, m)
		}
	}
	if diff := cmp.Diff(Images(Shape{7, 4, 6}), values["chw"]); diff != "" {
		t.Error(diff)
	}
}

// What has lost its positions sees everything: a token behind the patches, a window's part that is cut.
func TestFieldsThatAreNotKnown(t *testing.T) {
	n := func(name string, op Op, in ...string) Node { return Node{Name: name, In: in, Op: op} }
	g := &Graph{Nodes: []Node{
		n("flat", Reshape{Shape: []int{5, -1}}, Input),
		n("tokens", Transpose{Order: []int{1, 0}}, "flat"),
		n("dist_token", Parameter{Shape: []int{1, 5}}),
		n("behind", Concat{}, "tokens", "dist_token"),
		n("windows", Reshape{Shape: []int{5, 2, 2, 6}}, Input),
		n("cut", Slice{Start: []int{0, 1, 0, 0}, Step: []int{1, 1, 1, 1}}, "windows"),
		n("kept", Slice{Start: []int{1, 0, 0, 0}, Step: []int{1, 1, 1, 1}}, "windows"),
	}}
	rows, err := g.Table(Shape{5, 4, 6})
	if err != nil {
		t.Fatal(err)
	}
	whole := map[string]bool{"behind": true, "cut": true}
	for _, r := range rows {
		if r.Whole != whole[r.Name] {
			t.Errorf("%s: whole %v", r.Name, r.Whole)
		}
	}
}

// Space to depth makes channels of positions, depth to space positions of channels.
func TestPixelsAndChannelsChangeSides(t *testing.T) {
	g := &Graph{Nodes: []Node{
		{Name: "cut", In: []string{Input}, Op: Reshape{Shape: []int{8, 3, 2, 5, 2}}},
		{Name: "sorted", In: []string{"cut"}, Op: Transpose{Order: []int{2, 4, 0, 1, 3}}},
		{Name: "deep", In: []string{"sorted"}, Op: Reshape{Shape: []int{32, 3, 5}}},
		{Name: "apart", In: []string{Input}, Op: Reshape{Shape: []int{2, 2, 2, 6, 10}}},
		{Name: "woven", In: []string{"apart"}, Op: Transpose{Order: []int{0, 3, 1, 4, 2}}},
		{Name: "wide", In: []string{"woven"}, Op: Reshape{Shape: []int{2, 12, 20}}},
	}}
	values, err := g.Values(Shape{8, 6, 10})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]Map{"deep": {32, 3, 5, true}, "wide": {2, 12, 20, true}} {
		if got := values[name].Map(); got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}

// Whatever a random chain of reshapes and transposes does, the layout accounts for every element once, and brings the
// value back into the order of the image as long as nothing was lost.
func TestLayoutsAccountForEveryElement(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := Images(Shape{4, 6, 10})
		for range rapid.IntRange(0, 6).Draw(t, "steps") {
			if rapid.Bool().Draw(t, "transpose") {
				out, err := Transpose{Order: rapid.Permutation(indices(len(v))).Draw(t, "order")}.infer([]Value{v})
				if err != nil {
					t.Fatal(err)
				}
				v = out
				continue
			}
			left, shape := 240, []int{}
			for left > 1 && len(shape) < 6 {
				d := rapid.SampledFrom(divisors(left)).Draw(t, "size")
				shape = append(shape, d)
				left /= d
			}
			out, err := Reshape{Shape: append(shape, -1)}.infer([]Value{v})
			if err != nil {
				t.Fatal(err)
			}
			v = out
		}
		m, l := v.Map(), v.Layout()
		if m.Channels*m.Height*m.Width != 240 {
			t.Fatalf("%v has %+v", v, m)
		}
		product := 1
		for _, d := range l.Split {
			product *= d
		}
		order := slices.Sorted(slices.Values(l.Order))
		if product != 240 || !slices.Equal(order, indices(len(l.Split))) {
			t.Fatalf("%v is brought into order by %+v", v, l)
		}
	})
}

func indices(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

func divisors(n int) []int {
	var out []int
	for d := 1; d <= n; d++ {
		if n%d == 0 {
			out = append(out, d)
		}
	}
	return out
}

func TestShapesOfGeneralOpsThatDoNotFit(t *testing.T) {
	for name, tt := range map[string]struct {
		op   Op
		ins  []Shape
		want string
	}{
		"reshape to more":         {Reshape{Shape: []int{5, 5}}, []Shape{{4, 6}}, "24 elements are not those of shape [5 5]"},
		"reshape to a remainder":  {Reshape{Shape: []int{5, -1}}, []Shape{{4, 6}}, "24 elements"},
		"transpose of two axes":   {Transpose{Order: []int{1, 0}}, []Shape{{4, 6, 2}}, "input of 2 axes, not 3"},
		"matmul of vectors":       {MatMul{}, []Shape{{4}, {4}}, "cannot be multiplied with 4"},
		"matmul of other ranks":   {MatMul{}, []Shape{{4, 6}, {1, 6, 4}}, "cannot be multiplied"},
		"matmul that does not go": {MatMul{}, []Shape{{4, 6}, {4, 6}}, "cannot be multiplied with 4x6"},
		"matmul of two batches":   {MatMul{}, []Shape{{2, 4, 6}, {3, 6, 4}}, "cannot be combined"},
		"reduce of a missing one": {Reduce{Mode: "sum", Axes: []int{2}}, []Shape{{4, 6}}, "no axis 2"},
		"expand of two":           {Expand{Shape: []int{4, 6}}, []Shape{{2, 6}}, "axis 0 of size 2 cannot become 4"},
		"expand by an axis":       {Expand{Shape: []int{4, 6}}, []Shape{{6}}, "2 axes, not 1"},
		"layernorm of a list":     {LayerNorm{Eps: 1, Axes: []int{1}}, []Shape{{6}}, "no axis 1"},
		"affine along nothing":    {Affine{Axis: 3}, []Shape{{4, 6}}, "no axis 3"},
	} {
		if _, err := Infer(tt.op, tt.ins...); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, tt.want)
		}
	}
}
