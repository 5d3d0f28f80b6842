package net

import (
	"herbarium/internal/graph"
	"herbarium/internal/torch"
)

var _ = compute(func(c *call, op graph.Resize) torch.Tensor {
	shape := c.in[0].Shape()
	h, w := op.To(shape[2], shape[3])
	if op.Mode == "bilinear" {
		return c.UpsampleBilinear(c.in[0], h, w)
	}
	return c.UpsampleNearest(c.in[0], h, w)
})
