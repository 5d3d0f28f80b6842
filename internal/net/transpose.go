package net

import (
	"herbarium/internal/graph"
	"herbarium/internal/torch"
)

var _ = compute(func(c *call, op graph.Transpose) torch.Tensor {
	order := []int{0}
	for _, a := range op.Order {
		order = append(order, a+1)
	}
	return c.Permute(c.in[0], order...)
})
