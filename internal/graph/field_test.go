package graph

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// chain makes a graph of convolutions and poolings, given as kernel, stride and padding, one after the other.
func chain(layers ...[3]int) *Graph {
	g := &Graph{}
	in := Input
	for i, l := range layers {
		n := conv("n"+string(rune('a'+i)), in, 1, l[0], l[1])
		n = with(n, func(c *Conv) { c.Pad = Pair{l[2], l[2]} })
		g.Nodes = append(g.Nodes, n)
		in = n.Name
	}
	return g
}

// The numbers are those of table 1 of Araujo, Norris and Sim, Distill 2019 (ResNets are in internal/arch).
func TestFieldsOfPublishedNets(t *testing.T) {
	c3, half := [3]int{3, 1, 1}, [3]int{2, 2, 0}
	tests := []struct {
		name          string
		g             *Graph
		size          int
		field, stride int
	}{
		{"alexnet_v2", chain([3]int{11, 4, 0}, [3]int{3, 2, 0}, [3]int{5, 1, 2}, [3]int{3, 2, 0}, c3, c3, c3, [3]int{3, 2, 0}), 224, 195, 32},
		{"vgg_16", chain(c3, c3, half, c3, c3, half, c3, c3, c3, half, c3, c3, c3, half, c3, c3, c3, half), 224, 212, 32},
	}
	for _, tt := range tests {
		rows, err := tt.g.Table(Shape{1, tt.size, tt.size})
		if err != nil {
			t.Fatal(err)
		}
		last := rows[len(rows)-1]
		if last.Field != (Pair{tt.field, tt.field}) || last.Stride != [2]float64{float64(tt.stride), float64(tt.stride)} || last.Whole {
			t.Errorf("%s: field %v stride %v whole %v, want %d and %d", tt.name, last.Field, last.Stride, last.Whole, tt.field, tt.stride)
		}
	}
}

func TestFieldPlaces(t *testing.T) {
	// A 3x3 convolution with stride 2 and padding 1: its output 0 sees the pixels -1 to 1. Then a slice that drops the
	// first output, and two rows of zeros in front of that.
	g := &Graph{Nodes: []Node{
		conv("c", Input, 1, 3, 2),
		{Name: "s", In: []string{"c"}, Op: Slice{Start: []int{0, 1, 0}, Step: []int{1, 1, 2}}},
		{Name: "p", In: []string{"s"}, Op: Pad{Mode: "zeros", Before: []int{0, 2, 0}, After: []int{0, 0, 0}}},
	}}
	rows, err := g.Table(Shape{1, 16, 16})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []Row{
		{Field: Pair{3, 3}, Stride: [2]float64{2, 2}, Start: [2]float64{-1, -1}},
		{Field: Pair{3, 3}, Stride: [2]float64{2, 4}, Start: [2]float64{1, -1}},
		{Field: Pair{3, 3}, Stride: [2]float64{2, 4}, Start: [2]float64{-3, -1}},
	} {
		if got := rows[i]; got.Field != want.Field || got.Stride != want.Stride || got.Start != want.Start {
			t.Errorf("%s: field %v stride %v start %v, want %v, %v, %v", got.Name, got.Field, got.Stride, got.Start, want.Field, want.Stride, want.Start)
		}
	}
}

func TestWhatSeesTheWholeInput(t *testing.T) {
	all := with(conv("pixel", "c", 2, 8, 1), func(c *Conv) { c.Pad = Pair{} })
	g := &Graph{Nodes: []Node{
		conv("c", Input, 2, 3, 1),
		plainNode("gap", GAP{}, "c"),
		plainNode("gate", Sigmoid{}, "gap"),
		plainNode("scaled", Mul{}, "c", "gate"), // squeeze and excite
		conv("after", "scaled", 2, 3, 1),
		conv("coarse", "c", 2, 3, 2),
		{Name: "up", In: []string{"coarse"}, Op: Resize{Mode: "nearest", Scale: []float64{2, 2}}},
		plainNode("merged", Add{}, "c", "up"),
		{Name: "stretched", In: []string{"coarse"}, Op: Resize{Mode: "nearest", Size: Pair{7, 8}}},
		{Name: "crop", In: []string{"c"}, Op: Slice{Start: []int{0, 0, 0}, Stop: []int{0, 7, 0}, Step: []int{1, 1, 1}}},
		plainNode("mixed", Add{}, "crop", "stretched"), // two grids that step differently along y
		{Name: "beside", In: []string{"c", "c"}, Op: Concat{Axis: 2}},
		{Name: "soft", In: []string{"c"}, Op: Softmax{}},
		{Name: "soft.y", In: []string{"c"}, Op: Softmax{Axis: 1}},
		all,
		plainNode("gated", Mul{}, "pixel", "c"), // one pixel, repeated: on the same grid, yet seen from everywhere
		plainNode("gated.too", Mul{}, "c", "pixel"),
		plainNode("flat", Flatten{}, "c"),
		{Name: "fc", In: []string{"flat"}, Op: Linear{Out: 2}},
	}}
	rows, err := g.Table(Shape{3, 8, 8})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{"gap": true, "gate": true, "scaled": true, "after": true, "mixed": true, "beside": true, "soft.y": true, "flat": true, "fc": true,
		"gated": true, "gated.too": true}
	for _, r := range rows {
		if r.Whole != want[r.Name] {
			t.Errorf("%s: whole = %v, want %v", r.Name, r.Whole, want[r.Name])
		}
		if r.Whole && (r.Field != Pair{8, 8} || r.Stride != [2]float64{}) {
			t.Errorf("%s: field %v stride %v, want the whole input", r.Name, r.Field, r.Stride)
		}
	}
}

// reach returns the first and last pixel of an unbounded input that index i of a node depends on, by walking through
// every index of every window.
func reach(g *Graph, shapes map[string]Shape, name string, i int) (lo, hi int) {
	if name == Input {
		return i, i
	}
	n := g.node(name)
	var reads []int
	windows := func(kernel, stride, pad, dilation Pair) {
		for k := range kernel[0] {
			reads = append(reads, i*stride[0]-pad[0]+k*dilation[0])
		}
	}
	switch n := n.Op.(type) {
	case Conv:
		windows(n.Kernel, n.Stride, n.Pad, n.Dilation)
	case MaxPool:
		windows(n.Kernel, n.Stride, n.Pad, n.Dilation)
	case BlurPool:
		for k := -n.Radius(); k <= n.Radius(); k++ {
			reads = append(reads, i*n.Stride[0]+k)
		}
	case Slice:
		reads = []int{n.Start[1] + i*n.Step[1]}
	case Pad:
		reads = []int{i - n.Before[1]}
	case Resize:
		in, out := float64(shapes[g.node(name).In[0]][1]), float64(shapes[name][1])
		if n.Mode == "nearest" {
			reads = []int{int(math.Floor(float64(i) * in / out))}
		} else if at := (float64(i)+0.5)*in/out - 0.5; in != out {
			reads = []int{int(math.Floor(at)), int(math.Ceil(at))}
		} else {
			reads = []int{i}
		}
	default:
		reads = []int{i}
	}
	lo, hi = math.MaxInt, math.MinInt
	for _, from := range n.In {
		for _, r := range reads {
			l, h := reach(g, shapes, from, r)
			lo, hi = min(lo, l), max(hi, h)
		}
	}
	return lo, hi
}

// The field must be what a walk through the windows finds: exactly so without resizing, and no smaller with it.
func TestFieldsHoldWhatIsSeen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := &Graph{}
		last, resized := Input, false
		small := func(name string, lo, hi int) int { return rapid.IntRange(lo, hi).Draw(t, name) }
		for i := range small("nodes", 1, 5) {
			name := "n" + string(rune('a'+i))
			n := Node{Name: name, In: []string{last}, Op: rapid.SampledFrom([]Op{Conv{}, MaxPool{}, BlurPool{}, Slice{}, Pad{}, Resize{}, Add{}}).Draw(t, "op")}
			switch n.Op.(type) {
			case Conv, MaxPool:
				k, s, d := small("kernel", 1, 4), small("stride", 1, 3), small("dilation", 1, 2)
				kernel, stride, dilation, pad := Pair{k, k}, Pair{s, s}, Pair{d, d}, Pair{k / 2, k / 2}
				if _, ok := n.Op.(Conv); ok {
					n.Op = Conv{Out: 1, Groups: 1, Kernel: kernel, Stride: stride, Dilation: dilation, Pad: pad}
				} else {
					n.Op = MaxPool{Kernel: kernel, Stride: stride, Dilation: dilation, Pad: pad}
				}
			case BlurPool:
				n.Op = BlurPool{Stride: Pair{2, 2}}
			case Slice:
				n.Op = Slice{Start: []int{0, small("start", 0, 2), 0}, Step: []int{1, small("step", 1, 3), 1}}
			case Pad:
				n.Op = Pad{Mode: "zeros", Before: []int{0, small("before", 0, 3), 0}, After: []int{0, small("after", 0, 3), 0}}
			case Resize:
				n.Op = Resize{Mode: rapid.SampledFrom([]string{"nearest", "bilinear"}).Draw(t, "mode"), Size: Pair{small("height", 3, 40), 20}}
				resized = true
			case Add: // of two windows on the same grid
				side := conv(name+".side", last, 1, small("kernel", 1, 2)*2-1, 1)
				g.Nodes = append(g.Nodes, side)
				n.In = []string{side.Name, last}
			}
			g.Nodes = append(g.Nodes, n)
			last = name
		}
		in := Shape{1, 24, 24}
		shapes, err := g.Shapes(in)
		if err != nil {
			t.Skip("does not fit")
		}
		rows, err := g.Table(in)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			for i := range min(r.Value[1].Size, 7) {
				lo, hi := reach(g, shapes, r.Name, i)
				start := r.Start[0] + float64(i)*r.Stride[0]
				end := start + float64(r.Field[0]) - 1
				exact := start == float64(lo) && end == float64(hi)
				within := start <= float64(lo)+1e-9 && end >= float64(hi)-1e-9
				if !within || !resized && !exact {
					t.Fatalf("%s at %d sees pixels %d to %d, the table says %v to %v", r.Name, i, lo, hi, start, end)
				}
			}
		}
	})
}
