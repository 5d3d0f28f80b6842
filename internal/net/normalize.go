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
	maps := c.net.last && len(x.Shape()) == 4
	if maps {
		x = c.ChannelsLast(x)
	}
	constant := func(v []float32) torch.Tensor {
		t := c.To(torch.From(c.Scope, []int{n}, v), x.Device())
		if !maps {
			return along(c.Scope, x, 0, t)
		}
		// One value for each pixel: along a last axis of three channels libtorch would go in steps of three.
		shape := x.Shape()
		return c.Permute(c.Contiguous(c.Expand(t, 1, shape[2], shape[3], n)), 0, 3, 1, 2)
	}
	y := c.Mul(x, constant(scale))
	c.AddScaled(y, constant(shift), 1)
	if c.net.last {
		y = c.Cast(y, c.net.dtype)
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
