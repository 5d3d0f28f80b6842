package net

import (
	"herbarium/internal/graph"
	"herbarium/internal/torch"
)

var _ = compute(func(c *call, op graph.AvgPool) torch.Tensor {
	return c.AvgPool2d(c.in[0], torch.Pool{Kernel: op.Kernel, Stride: op.Stride, Pad: op.Pad, Ceil: op.Ceil, CountPad: op.PadCount})
})
