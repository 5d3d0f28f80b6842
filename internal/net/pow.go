package net

import (
	"herbarium/internal/graph"
	"herbarium/internal/torch"
)

var _ = compute(func(c *call, op graph.Pow) torch.Tensor { return c.Pow(c.in[0], op.Exponent) })
