package training

import (
	"math"
	"slices"
	"strings"
	"testing"

	"herbarium/format"
	"herbarium/internal/arch"
	"herbarium/internal/errs"
	"herbarium/internal/graph"
)

// Photos of one red, of 150 in each of four pixels, and one blue, of 155: the channels' means are half of these values and
// so are their deviations; green is always 0, and its deviation counts as 1.
func TestFresh(t *testing.T) {
	set := photos(t, 2, "red", "blue")
	build := func(in graph.Shape, o arch.Options) (*graph.Graph, string, error) {
		for c, want := range [3][2]float64{{75.0 / 255, 75.0 / 255}, {0, 1}, {77.5 / 255, 77.5 / 255}} {
			if math.Abs(o.Mean[c]-want[0]) > 1e-9 || math.Abs(o.Std[c]-want[1]) > 1e-9 {
				t.Errorf("channel %d: mean %g, deviation %g, want %v", c, o.Mean[c], o.Std[c], want)
			}
		}
		if !slices.Equal(in, graph.Shape{3, 2, 2}) || o.Classes != 2 {
			t.Errorf("built for %v and %d classes", in, o.Classes)
		}
		g, err := arch.Build("resnet20", o)
		return g, "mine", err
	}
	weights := map[uint64][]float32{}
	for _, seed := range []uint64{1, 2, 1} {
		n, err := Fresh(set, seed, build)
		if err != nil {
			t.Fatal(err)
		}
		if n.Arch != "mine" || !slices.Equal(n.Classes, set.Classes) || n.Graph.CheckParams(n.Input, n.Params) != nil {
			t.Errorf("%s of classes %v", n.Arch, n.Classes)
		}
		w := n.Params["conv1.weight"]
		v, err := format.Float32s(&w)
		if err != nil {
			t.Fatal(err)
		}
		if before, ok := weights[seed]; ok && !slices.Equal(before, v) {
			t.Error("one seed makes two nets")
		}
		weights[seed] = v
	}
	if slices.Equal(weights[1], weights[2]) {
		t.Error("two seeds make one net")
	}
}

// The last positions of a resnet18 are 32 pixels apart; at 32 pixels there is only one, and its strides count no more.
func TestCheckSize(t *testing.T) {
	g, err := arch.Build("resnet18", arch.Options{Classes: 2, Std: []float64{1, 1, 1}})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		h, w int
		good bool
	}{{224, 224, true}, {33, 33, true}, {33, 31, false}, {8, 64, false}} {
		err := CheckSize(g, graph.Shape{3, test.h, test.w})
		if (err == nil) != test.good || err != nil && (!strings.HasSuffix(err.Error(), "are too small for it") || errs.HintOf(err) == "") {
			t.Errorf("%dx%d: %v", test.h, test.w, err)
		}
	}
}
