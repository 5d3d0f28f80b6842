package net

import (
	"herbarium/internal/graph"
	"herbarium/internal/torch"
)

var _ = compute(func(c *call, op graph.Noise) torch.Tensor {
	return c.Add(c.in[0], c.Scale(c.RandnLike(c.in[0]), op.Sigma))
})
