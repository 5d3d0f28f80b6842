package net

import (
	"herbarium/internal/graph"
	"herbarium/internal/torch"
)

// Also in bfloat16 this is computed in float32: a variance needs the digits.
var _ = compute(func(c *call, op graph.GroupNorm) torch.Tensor {
	x := c.in[0]
	weight, bias := c.Cast(c.param(".weight"), torch.F32), c.Cast(c.param(".bias"), torch.F32)
	return c.Cast(c.GroupNorm(c.Cast(x, torch.F32), op.Groups, weight, bias, op.Eps), x.DType())
})
