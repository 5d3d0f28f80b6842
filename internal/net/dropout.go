package net

import (
	"herbarium/internal/graph"
	"herbarium/internal/torch"
)

var _ = compute(func(c *call, op graph.Dropout) torch.Tensor { return c.Dropout(c.in[0], op.Rate, c.pass.Train) })
