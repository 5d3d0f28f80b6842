package net

import (
	"herbarium/internal/graph"
	"herbarium/internal/torch"
)

var _ = compute(func(c *call, _ graph.MatMul) torch.Tensor { return c.MatMul(c.in[0], c.in[1]) })
