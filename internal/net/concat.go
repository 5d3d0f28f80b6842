package net

import (
	"herbarium/internal/graph"
	"herbarium/internal/torch"
)

var _ = compute(func(c *call, op graph.Concat) torch.Tensor { return c.Cat(op.Axis+1, c.in...) })
