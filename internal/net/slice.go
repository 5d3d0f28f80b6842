package net

import (
	"herbarium/internal/graph"
	"herbarium/internal/torch"
)

var _ = compute(func(c *call, op graph.Slice) torch.Tensor {
	x := c.in[0]
	for axis, step := range op.Step {
		size := x.Shape()[axis+1]
		start, stop := op.Start[axis], size
		if op.Stop != nil && op.Stop[axis] != 0 {
			stop = op.Stop[axis]
		}
		if start != 0 || stop != size || step != 1 {
			x = c.Slice(x, axis+1, start, stop, step)
		}
	}
	return x
})
