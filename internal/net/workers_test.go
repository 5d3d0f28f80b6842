package net

import (
	"testing"

	"herbarium/internal/graph"
	"herbarium/internal/torch"
	"herbarium/internal/torchtest"
)

// Random numbers come from one worker, and small batches of 1x1 filters stay on all threads.
func TestWorkers(t *testing.T) {
	torchtest.Pin(t)
	torchtest.SetThreads(t, 3)
	conv := func(kernel, stride int) graph.Op {
		return graph.Conv{Out: 2, Kernel: graph.Pair{kernel, kernel}, Stride: graph.Pair{stride, stride}, Dilation: graph.Pair{1, 1}, Groups: 1}
	}
	for _, c := range []struct {
		op          graph.Op
		batch, want int
	}{
		{graph.ReLU{}, 1, 3}, {graph.Noise{Sigma: 1}, 64, 1}, {conv(3, 1), 1, 3}, {conv(1, 2), 1, 3}, {conv(1, 1), 15, 1}, {conv(1, 1), 16, 3},
	} {
		g := &graph.Graph{Nodes: []graph.Node{{Name: "op", Op: c.op, In: []string{graph.Input}}}}
		n, err := New(torchtest.WithWeights(t, g, graph.Shape{3, 8, 8}, 1), Options{Device: torch.CPU, DType: torch.F32})
		if err != nil {
			t.Fatal(err)
		}
		if got := n.Workers(c.batch); got != c.want {
			t.Errorf("%+v in batches of %d: %d workers, want %d", c.op, c.batch, got, c.want)
		}
		n.Close()
	}
}
