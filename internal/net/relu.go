package net

import (
	"herbarium/internal/graph"
	"herbarium/internal/torch"
)

var _ = compute(func(c *call, _ graph.ReLU) torch.Tensor {
	x := c.in[0]
	switch {
	case c.pass.ReLU != nil:
		return c.pass.ReLU(c.Scope, x)
	case c.inPlace:
		c.ReluInPlace(x)
		return x
	}
	return c.Relu(x)
})
