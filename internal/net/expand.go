package net

import (
	"herbarium/internal/graph"
	"herbarium/internal/torch"
)

var _ = compute(func(c *call, op graph.Expand) torch.Tensor {
	return c.Expand(c.in[0], append([]int{c.batch}, op.Shape...)...)
})
