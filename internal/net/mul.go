package net

import (
	"herbarium/internal/graph"
	"herbarium/internal/torch"
)

var _ = compute(func(c *call, _ graph.Mul) torch.Tensor {
	x := c.in[0]
	for _, y := range c.in[1:] {
		x = c.Mul(x, y)
	}
	return x
})
