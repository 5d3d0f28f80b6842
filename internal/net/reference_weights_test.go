package net

import (
	"math"
	"strings"
	"testing"

	"herbarium/format"
	"herbarium/internal/graph"
)

// referenceUnit returns the numbers in [0,1) that testdata/README.md assigns to a name: n of them.
func referenceUnit(name string, n int) []float64 {
	var key uint32
	for _, c := range []byte(name) {
		key = 31*key + uint32(c)
	}
	out := make([]float64, n)
	for i := range out {
		x := uint32(i) + key*0x9e3779b9
		x ^= x >> 16
		x *= 0x85ebca6b
		x ^= x >> 13
		x *= 0xc2b2ae35
		x ^= x >> 16
		out[i] = float64(x) / (1 << 32)
	}
	return out
}

// referenceImages returns the batch [4,3,size,size] of that name: images1 or images2.
func referenceImages(name string, size int) []float32 {
	u := referenceUnit(name, 4*3*size*size)
	out := make([]float32, len(u))
	for i, v := range u {
		out[i] = float32(v)
	}
	return out
}

// referenceWeights returns the parameters and buffers of a graph by the formula of testdata/README.md.
func referenceWeights(g *graph.Graph, in graph.Shape) (map[string]format.Tensor, error) {
	params, err := g.Params(in)
	if err != nil {
		return nil, err
	}
	weights := make(map[string]format.Tensor, len(params))
	for _, p := range params {
		fanIn := 1
		for _, d := range p.Shape[1:] {
			fanIn *= d
		}
		value := func(u float64) float64 { return 0.4*u - 0.2 }
		switch {
		case len(p.Shape) == 4:
			value = func(u float64) float64 { return (2*u - 1) * math.Sqrt(6/float64(fanIn)) }
		case len(p.Shape) == 2:
			value = func(u float64) float64 { return (2*u - 1) / math.Sqrt(float64(fanIn)) }
		case strings.HasSuffix(p.Name, ".running_var"):
			value = func(u float64) float64 { return 0.5 + u }
		case strings.HasSuffix(p.Name, ".weight"):
			value = func(u float64) float64 { return 0.25 + 0.5*u }
		}
		values := make([]float32, p.Size())
		for i, u := range referenceUnit(p.Name, len(values)) {
			values[i] = float32(value(u))
		}
		weights[p.Name] = format.Of(p.Name, p.Shape, values)
	}
	return weights, nil
}

// The numbers of numpy, from make_reference.py's unit.
func TestReferenceUnitIsThatOfTheScript(t *testing.T) {
	got := referenceUnit("conv1.weight", 3)
	want := []float64{0x1.ee5bf74p-1, 0x1.1e955c78p-1, 0x1.7dfa44b4p-2}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("element %d: %v, want %v", i, got[i], want[i])
		}
	}
}
