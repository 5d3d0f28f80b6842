package net

import (
	"math"

	"herbarium/internal/graph"
	"herbarium/internal/torch"
)

var _ = compute(func(c *call, op graph.GELU) torch.Tensor {
	x := c.in[0]
	if op.Mode == "tanh" {
		inner := c.Scale(c.Add(x, c.Scale(c.Pow(x, 3), 0.044715)), math.Sqrt(2/math.Pi))
		return c.Scale(c.Mul(x, c.AddScalar(c.Tanh(inner), 1)), 0.5)
	}
	return c.Gelu(x)
})
