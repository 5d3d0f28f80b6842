package net

import (
	"herbarium/internal/graph"
	"herbarium/internal/torch"
)

var _ = compute(func(c *call, op graph.Reshape) torch.Tensor {
	return c.Reshape(c.in[0], append([]int{c.batch}, op.Shape...)...)
})
