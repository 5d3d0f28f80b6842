package net

import (
	"herbarium/internal/graph"
	"herbarium/internal/torch"
)

var _ = compute(func(c *call, op graph.MaxPool) torch.Tensor {
	return c.MaxPool2d(c.in[0], torch.Pool{Kernel: op.Kernel, Stride: op.Stride, Pad: op.Pad, Dilation: op.Dilation, Ceil: op.Ceil})
})
