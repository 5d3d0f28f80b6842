package net

import (
	"herbarium/internal/graph"
	"herbarium/internal/torch"
)

var _ = compute(func(c *call, op graph.Clip) torch.Tensor { return c.Clamp(c.in[0], op.Min, op.Max) })
