package net

import (
	"herbarium/internal/graph"
	"herbarium/internal/torch"
)

var _ = compute(func(c *call, _ graph.GAP) torch.Tensor { return c.MeanKeep(c.in[0], 2, 3) })
