package net

import (
	"herbarium/internal/graph"
	"herbarium/internal/torch"
)

var _ = compute(func(c *call, op graph.Resize) torch.Tensor {
	shape := c.in[0].Shape()
	h, w := op.To(shape[2], shape[3])
	switch op.Mode {
	case "bilinear":
		return c.UpsampleBilinear(c.in[0], h, w, op.Align)
	case "bicubic":
		return c.UpsampleBicubic(c.in[0], h, w, op.Align)
	}
	return c.UpsampleNearest(c.in[0], h, w)
})
