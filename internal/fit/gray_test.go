package fit

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"herbarium/format"
	"herbarium/internal/arch"
	"herbarium/internal/graph"
	"herbarium/internal/images"
	"herbarium/internal/net"
	"herbarium/internal/torch"
	"herbarium/internal/torchtest"
)

// A set of gray photos has the moments and the statistics of one channel, and takes no photos in color.
func TestGraySet(t *testing.T) {
	torchtest.Pin(t)
	const n, size = 6, 16
	b := &images.Batch{Classes: []string{"dark", "light"}, Height: size, Width: size, U8: make([]byte, n*size*size)}
	sum, squares := 0.0, 0.0
	for i := range b.U8 {
		v := byte(i * i % 251)
		b.U8[i] = v
		sum, squares = sum+float64(v)/255, squares+float64(v)*float64(v)/255/255
	}
	mean := sum / float64(len(b.U8))
	variance := squares/float64(len(b.U8)) - mean*mean
	for i := range n {
		b.Labels, b.Items = append(b.Labels, int64(i%2)), append(b.Items, images.Item{})
	}
	set := NewSet(nil)
	t.Cleanup(set.Close)
	if err := set.Add(b); err != nil {
		t.Fatal(err)
	}
	means, deviations, err := set.Moments()
	if err != nil || len(means) != 1 || math.Abs(means[0]-mean) > 1e-9 || math.Abs(deviations[0]-math.Sqrt(variance)) > 1e-9 {
		t.Errorf("moments %v and %v, want %g and %g; error %v", means, deviations, mean, math.Sqrt(variance), err)
	}
	g, err := arch.Build("resnet20", arch.Options{Classes: 2, Mean: means, Std: deviations})
	if err != nil {
		t.Fatal(err)
	}
	model := torchtest.WithWeights(t, g, set.Shape(), 1)
	on, err := net.New(model, net.Options{Device: torch.CPU, DType: torch.F32})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(on.Close)
	stats, err := Stats(on, set)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]int{graph.StatColorMean: {1}, graph.StatColorCovariance: {1, 1}, graph.StatSpectrum: {1, size, size/2 + 1}} {
		if diff := cmp.Diff(want, stats[name].Shape); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	for name, want := range map[string]float64{graph.StatColorMean: mean, graph.StatColorCovariance: variance} {
		s := stats[name]
		if got, err := format.Values[float32](&s); err != nil || math.Abs(float64(got[0])-want) > 1e-6 {
			t.Errorf("%s is %v, want %g; error %v", name, got, want, err)
		}
	}
	color := stripes(t, 2, size)
	if _, err := FineTune(model, color.Shape(), color.Classes, 1); err == nil || !strings.Contains(err.Error(), "the images are RGB, and the net takes gray ones") {
		t.Errorf("a gray net was tuned to photos in color: error %v", err)
	}
	rgb := &images.Batch{Classes: b.Classes, Labels: []int64{0}, Items: []images.Item{{"name": "x"}}, Height: size, Width: size, U8: make([]byte, 3*size*size)}
	if err := set.Add(rgb); err == nil || !strings.Contains(err.Error(), `item "x" is RGB, those before are gray`) {
		t.Errorf("a photo in color among gray ones: error %v", err)
	}
}
