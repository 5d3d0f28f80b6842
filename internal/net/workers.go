package net

import (
	"herbarium/internal/graph"
	"herbarium/internal/torch"
)

// fastPointwise is from how many images on libtorch gives convolutions with filters of one position to oneDNN where it has one
// thread. Its own take twice as long: 64 images of 224 pixels through an EfficientNet-Lite0 took two workers 2.3 s in batches
// of 16 and 3.2 s in batches of 8, and one worker of two threads 2.5 s.
const fastPointwise = 16

// Workers is how many workers of [torch.Each] may run the net at once on batches of so many images: one on a GPU, which a batch
// fills; one where the net draws random numbers, which workers would take from one generator in any order; one where its
// convolutions are slow on one thread; else one for each thread.
func (n *Net) Workers(batch int) int {
	if n.device != torch.CPU {
		return 1
	}
	for _, node := range n.Graph.Nodes {
		switch op := node.Op.(type) {
		case graph.Noise:
			return 1
		case graph.Conv:
			if batch < fastPointwise && op.Kernel == (graph.Pair{1, 1}) && op.Stride == (graph.Pair{1, 1}) {
				return 1
			}
		}
	}
	return torch.Threads()
}
