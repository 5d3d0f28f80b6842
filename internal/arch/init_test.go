package arch

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"herbarium/format"
	"herbarium/internal/graph"
)

func weights(t *testing.T, arch string, seed uint64) map[string][]float32 {
	t.Helper()
	g, err := Build(arch, Options{Classes: 10})
	if err != nil {
		t.Fatal(err)
	}
	in := graph.Shape{3, 32, 32}
	tensors, err := Init(g, in, seed)
	if err != nil {
		t.Fatal(err)
	}
	if err := g.CheckParams(in, tensors); err != nil {
		t.Fatal(err)
	}
	values := map[string][]float32{}
	for name, tensor := range tensors {
		v, err := format.Values[float32](&tensor)
		if err != nil {
			t.Fatal(err)
		}
		values[name] = v
	}
	return values
}

func moments(v []float32) (mean, deviation, largest float64) {
	for _, x := range v {
		mean += float64(x) / float64(len(v))
		largest = math.Max(largest, math.Abs(float64(x)))
	}
	for _, x := range v {
		deviation += (float64(x) - mean) * (float64(x) - mean) / float64(len(v))
	}
	return mean, math.Sqrt(deviation), largest
}

func TestInitDistributions(t *testing.T) {
	w := weights(t, "resnet18", 1)
	// Standard errors: deviation/sqrt(2n) of a deviation, deviation/sqrt(n) of a mean; 4 of them are allowed.
	normal := func(name string, deviation float64) {
		mean, got, _ := moments(w[name])
		n := float64(len(w[name]))
		if math.Abs(got-deviation) > 4*deviation/math.Sqrt(2*n) || math.Abs(mean) > 4*deviation/math.Sqrt(n) {
			t.Errorf("%s: mean %.5f deviation %.5f, want 0 and %.5f", name, mean, got, deviation)
		}
	}
	normal("conv1.weight", math.Sqrt(2.0/(64*7*7)))
	normal("layer2.0.conv1.weight", math.Sqrt(2.0/(128*3*3)))
	normal("layer4.0.downsample.0.weight", math.Sqrt(2.0/512))
	uniform := func(name string, bound float64) {
		_, got, largest := moments(w[name])
		if n := float64(len(w[name])); largest > bound || n > 100 && (largest < 0.98*bound || math.Abs(got-bound/math.Sqrt(3)) > 4*bound/math.Sqrt(n)) {
			t.Errorf("%s: deviation %.5f largest %.5f, want %.5f and at most %.5f", name, got, largest, bound/math.Sqrt(3), bound)
		}
	}
	uniform("fc.weight", 1/math.Sqrt(512))
	uniform("fc.bias", 1/math.Sqrt(512))
	for suffix, want := range map[string]float32{".weight": 1, ".bias": 0, ".running_mean": 0, ".running_var": 1} {
		for _, v := range w["layer3.1.bn2"+suffix] {
			if v != want {
				t.Fatalf("layer3.1.bn2%s has %v, want %v", suffix, v, want)
			}
		}
	}
}

func TestInitDependsOnSeedAndNameOnly(t *testing.T) {
	a, b, c := weights(t, "resnet20", 1), weights(t, "resnet20", 1), weights(t, "resnet20", 2)
	if diff := cmp.Diff(a, b); diff != "" {
		t.Errorf("the same seed gave other weights: %s", diff)
	}
	if cmp.Equal(a["conv1.weight"], c["conv1.weight"]) {
		t.Error("another seed gave the same weights")
	}
	if cmp.Equal(a["layer1.0.conv1.weight"], a["layer1.0.conv2.weight"]) {
		t.Error("two parameters of one shape have the same weights")
	}
	if deeper := weights(t, "resnet32", 1); !cmp.Equal(a["layer2.1.conv2.weight"], deeper["layer2.1.conv2.weight"]) {
		t.Error("a parameter depends on the rest of the net")
	}
	// Fixed for good: a seed must give the same net in every version.
	if got, want := [2]float32(a["conv1.weight"][:2]), [2]float32{-0.028090727, 0.1401127}; got != want {
		t.Errorf("conv1.weight starts with %v, want %v", got, want)
	}
}

func TestInitOfConvolutionBias(t *testing.T) {
	n := graph.Node{Name: "c", In: []string{graph.Input}, Op: graph.Conv{Out: 200, Kernel: graph.Pair{3, 3}, Stride: graph.Pair{1, 1}, Dilation: graph.Pair{1, 1}, Groups: 1, Bias: true}}
	tensors, err := Init(&graph.Graph{Nodes: []graph.Node{n}}, graph.Shape{4, 8, 8}, 1)
	if err != nil {
		t.Fatal(err)
	}
	bias := tensors["c.bias"]
	v, err := format.Values[float32](&bias)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, largest := moments(v); largest > 1.0/6 || largest < 0.95/6 {
		t.Errorf("largest bias %v, want just below 1/sqrt(4*3*3)", largest)
	}
}
