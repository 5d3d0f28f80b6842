package net

import (
	"herbarium/internal/graph"
	"herbarium/internal/torch"
)

var _ = compute(func(c *call, _ graph.Flatten) torch.Tensor { return c.Reshape(c.in[0], c.batch, -1) })
