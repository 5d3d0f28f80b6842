package net

import (
	"herbarium/internal/graph"
	"herbarium/internal/torch"
)

var _ = compute(func(c *call, op graph.Affine) torch.Tensor {
	x := c.in[0]
	y := c.Mul(x, along(c.Scope, x, op.Axis, c.param(".weight")))
	if op.Bias {
		y = c.Add(y, along(c.Scope, x, op.Axis, c.param(".bias")))
	}
	return y
})
