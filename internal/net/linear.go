package net

import (
	"herbarium/internal/graph"
	"herbarium/internal/torch"
)

var _ = compute(func(c *call, _ graph.Linear) torch.Tensor {
	return c.Linear(c.in[0], c.param(".weight"), c.param(".bias"))
})
