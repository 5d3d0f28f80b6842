package net

import (
	"herbarium/internal/graph"
	"herbarium/internal/torch"
)

var _ = compute(func(c *call, op graph.LeakyReLU) torch.Tensor { return c.LeakyRelu(c.in[0], op.Slope) })
