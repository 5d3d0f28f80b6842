package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"herbarium/internal/torch"
)

// Nets that bench/onnx_nets.py has exported to $HERBARIUM_ONNX give the logits that PyTorch gave, within 1e-4 of their
// spread across the images. It prints the table of docs/onnx.md.
func TestExportedNets(t *testing.T) {
	dir := os.Getenv("HERBARIUM_ONNX")
	if dir == "" {
		t.Skip("HERBARIUM_ONNX names no folder with nets of bench/onnx_nets.py")
	}
	torch.Pin(t)
	paths, err := filepath.Glob(filepath.Join(dir, "*.onnx"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no nets in %s", dir)
	}
	for _, path := range paths {
		name, exporter, _ := strings.Cut(strings.TrimSuffix(filepath.Base(path), ".onnx"), ".")
		bytes, err := os.ReadFile(filepath.Join(dir, name+".images"))
		if err != nil {
			t.Fatal(err)
		}
		want := floats(t, filepath.Join(dir, name+".logits"))
		images := make([]float32, len(bytes))
		for i, b := range bytes {
			images[i] = float32(b) / 255
		}
		const count = 4 // images, as in bench/onnx_nets.py
		side := int(math.Sqrt(float64(len(images) / count / 3)))
		out, errs, status := adopt(nil, "--norm", "none", "--input", fmt.Sprint(side), path)
		if status != 0 {
			t.Errorf("%s: %s", filepath.Base(path), errs)
			continue
		}
		model := netOf(t, out)
		off := relativeError(logits(t, model, count, side, images), want, count)
		fmt.Printf("| %s | %s | %d | %d | %.1g |\n", name, exporter, side, len(model.Graph.Nodes), off)
		if !(off < 1e-4) {
			t.Errorf("%s: logits are off by %.2g of their spread", filepath.Base(path), off)
		}
	}
}

// relativeError is the largest error of any of k logits over n images, over the standard deviation that logits have
// across the images, in the mean over logits.
func relativeError(got, want []float32, n int) float64 {
	k := len(want) / n
	spread := 0.0
	for j := range k {
		var sum, squares float64
		for i := range n {
			w := float64(want[i*k+j])
			sum += w
			squares += w * w
		}
		mean := sum / float64(n)
		spread += math.Sqrt(max(squares/float64(n)-mean*mean, 0)) / float64(k)
	}
	return farthest(want, got) / spread
}
