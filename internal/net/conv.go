package net

import (
	"herbarium/internal/graph"
	"herbarium/internal/torch"
)

var _ = compute(func(c *call, op graph.Conv) torch.Tensor {
	return c.Conv2d(c.in[0], c.param(".weight"), c.param(".bias"), torch.Conv{Stride: op.Stride, Pad: op.Pad, Dilation: op.Dilation, Groups: op.Groups})
})
