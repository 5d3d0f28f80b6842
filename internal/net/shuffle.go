package net

import (
	"herbarium/internal/graph"
	"herbarium/internal/torch"
)

var _ = compute(func(c *call, op graph.Shuffle) torch.Tensor {
	shape := c.in[0].Shape()
	n, channels, h, w := shape[0], shape[1], shape[2], shape[3]
	x := c.Permute(c.Reshape(c.in[0], n, op.Groups, channels/op.Groups, h, w), 0, 2, 1, 3, 4)
	return c.Reshape(x, n, channels, h, w)
})
