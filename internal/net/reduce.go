package net

import (
	"slices"

	"herbarium/internal/graph"
	"herbarium/internal/torch"
)

var _ = compute(func(c *call, op graph.Reduce) torch.Tensor {
	x := c.in[0]
	axes := make([]int, len(op.Axes))
	for i, a := range op.Axes {
		axes[i] = a + 1
	}
	var y torch.Tensor
	switch op.Mode {
	case "mean":
		y = c.MeanKeep(x, axes...)
	case "sum":
		y = c.SumKeep(x, axes...)
	case "max":
		y = c.MaxKeep(x, axes...)
	case "l2":
		y = c.LengthKeep(x, axes...)
	}
	if op.Keep {
		return y
	}
	shape := []int{}
	for axis, size := range y.Shape() {
		if axis == 0 || !slices.Contains(axes, axis) {
			shape = append(shape, size)
		}
	}
	return c.Reshape(y, shape...)
})
