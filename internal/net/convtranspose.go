package net

import (
	"herbarium/internal/graph"
	"herbarium/internal/torch"
)

var _ = compute(func(c *call, op graph.ConvTranspose) torch.Tensor {
	o := torch.Conv{Stride: op.Stride, Pad: op.Pad, Dilation: op.Dilation, Groups: op.Groups}
	return c.ConvTranspose2d(c.in[0], c.param(".weight"), c.param(".bias"), op.Extra, o)
})
