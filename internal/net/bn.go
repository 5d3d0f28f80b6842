package net

import (
	"herbarium/internal/graph"
	"herbarium/internal/torch"
)

var _ = compute(func(c *call, op graph.BN) torch.Tensor {
	return c.BatchNorm(c.in[0], c.param(".weight"), c.param(".bias"), c.param(".running_mean"), c.param(".running_var"),
		c.pass.Train, op.Momentum, op.Eps)
})
