package net

import (
	"herbarium/internal/graph"
	"herbarium/internal/torch"
)

var _ = compute(func(c *call, op graph.Round) torch.Tensor {
	return c.Scale(c.Round(c.Scale(c.in[0], float64(op.Levels))), 1/float64(op.Levels))
})
