package net

import (
	"herbarium/internal/graph"
	"herbarium/internal/torch"
)

var _ = compute(func(c *call, op graph.Softmax) torch.Tensor { return c.Softmax(c.in[0], op.Axis+1) })
