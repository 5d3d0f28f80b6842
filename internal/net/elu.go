package net

import (
	"herbarium/internal/graph"
	"herbarium/internal/torch"
)

var _ = compute(func(c *call, op graph.ELU) torch.Tensor {
	x := c.in[0]
	if op.Alpha == 1 {
		return c.Elu(x)
	}
	return c.Add(c.Relu(x), c.Scale(c.Elu(c.Neg(c.Relu(c.Neg(x)))), op.Alpha))
})
