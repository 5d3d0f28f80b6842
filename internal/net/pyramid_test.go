package net

import (
	"fmt"
	"math"
	"testing"

	"herbarium/internal/arch"
	"herbarium/internal/graph"
	"herbarium/internal/torch"
	"herbarium/internal/torchtest"
)

// shrunkDirectly is DESIGN's pyramid by its definition, in float64: reflect, a two-dimensional Gaussian of s/2 cut at
// ceil(3 sigma), and every s-th pixel.
func shrunkDirectly(x []float64, side, s int) []float64 {
	sigma := float64(s) / 2
	r := int(math.Ceil(3 * sigma))
	mirror := func(i int) int {
		if i < 0 {
			return -i
		}
		if i >= side {
			return 2*(side-1) - i
		}
		return i
	}
	var out []float64
	for y := 0; y < side; y += s {
		for x0 := 0; x0 < side; x0 += s {
			sum, weight := 0.0, 0.0
			for dy := -r; dy <= r; dy++ {
				for dx := -r; dx <= r; dx++ {
					w := math.Exp(-float64(dy*dy+dx*dx) / (2 * sigma * sigma))
					sum += w * x[mirror(y+dy)*side+mirror(x0+dx)]
					weight += w
				}
			}
			out = append(out, sum/weight)
		}
	}
	return out
}

// A top-down net sees the pyramid as it is defined, and enlarges by repeating pixels.
func TestPyramidEqualsItsDefinition(t *testing.T) {
	s := torchtest.Pin(t)
	const side = 48
	in := graph.Shape{3, side, side}
	g, err := arch.BuildTopDown("td-resnet14", in, arch.TopDown{Scales: []int{16, 8, 2, 1}, Widths: []int{3, 4, 2, 5}}, arch.Options{Classes: 2})
	if err != nil {
		t.Fatal(err)
	}
	params, err := arch.Init(g, in, 1)
	if err != nil {
		t.Fatal(err)
	}
	n, err := New(&graph.Net{Graph: g, Params: params, Input: in}, onCPU)
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	values := referenceImages("pyramid", side)[:3*side*side]
	out, err := n.Forward(s, torch.From(s, []int{1, 3, side, side}, values), Pass{Want: []string{"image3", "image6", "image24", "stage24.up.conv", "stage24.up"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, factor := range []int{16, 8, 2} {
		small := side / factor
		got := torch.Read[float32](s, out[fmt.Sprintf("image%d", small)])
		for c := range 3 {
			plane := make([]float64, side*side)
			for i := range plane {
				plane[i] = float64(values[c*side*side+i])
			}
			for i, want := range shrunkDirectly(plane, side, factor) {
				if v := float64(got[c*small*small+i]); math.Abs(v-want) > 1e-6 {
					t.Fatalf("1/%d, channel %d, pixel %d: %g, want %g", factor, c, i, v, want)
				}
			}
		}
	}
	before, after := torch.Read[float32](s, out["stage24.up.conv"]), torch.Read[float32](s, out["stage24.up"])
	if len(before) != 2*6*6 || len(after) != 2*24*24 {
		t.Fatalf("%d and %d values", len(before), len(after))
	}
	for i, v := range after {
		c, y, x := i/(24*24), i/24%24, i%24
		if want := before[c*36+y/4*6+x/4]; v != want {
			t.Fatalf("enlarged: %d,%d,%d is %g, want %g", c, y, x, v, want)
		}
	}
}
