package net

import (
	"herbarium/internal/graph"
	"herbarium/internal/torch"
)

// Krizhevsky et al. 2012, section 3.3, with PyTorch's division of alpha by the window.
var _ = compute(func(c *call, op graph.LRN) torch.Tensor {
	x := c.in[0]
	channels, before := x.Shape()[1], op.Window/2
	squares := c.PadZeros(c.Mul(x, x), 0, 0, 0, 0, before, op.Window-1-before)
	sum := c.Narrow(squares, 1, 0, channels)
	for i := 1; i < op.Window; i++ {
		sum = c.Add(sum, c.Narrow(squares, 1, i, channels))
	}
	return c.Div(x, c.Pow(c.AddScalar(c.Scale(sum, op.Alpha/float64(op.Window)), op.K), op.Beta))
})
