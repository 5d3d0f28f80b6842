package net

import (
	"herbarium/internal/graph"
	"herbarium/internal/torch"
)

// Here x enters the net's own precision.
var _ = compute(func(c *call, op graph.Normalize) torch.Tensor {
	x, n := c.in[0], len(op.Mean)
	scale, shift := make([]float32, n), make([]float32, n)
	for i := range n {
		scale[i], shift[i] = float32(1/op.Std[i]), float32(-op.Mean[i]/op.Std[i])
	}
	constant := func(v []float32) torch.Tensor {
		return along(c.Scope, x, 0, c.To(torch.From(c.Scope, []int{n}, v), x.Device()))
	}
	y := c.Add(c.Mul(x, constant(scale)), constant(shift))
	if c.net.last {
		if y = c.Cast(y, c.net.dtype); len(y.Shape()) == 4 {
			y = c.ChannelsLast(y)
		}
	}
	return y
})

// along is a vector as it combines with x, whose axis (of the item) it lies along.
func along(s *torch.Scope, x torch.Tensor, axis int, v torch.Tensor) torch.Tensor {
	sizes := make([]int, len(x.Shape())-1-axis)
	for i := range sizes {
		sizes[i] = 1
	}
	sizes[0] = -1
	return s.Reshape(v, sizes...)
}
