package net

import (
	"slices"

	"herbarium/internal/graph"
	"herbarium/internal/torch"
)

// Also in bfloat16 this is computed in float32: a variance needs the digits.
var _ = compute(func(c *call, op graph.LayerNorm) torch.Tensor {
	x, weight, bias := c.in[0], c.param(".weight"), c.param(".bias")
	rank, dtype := len(x.Shape()), x.DType()
	x = c.Cast(x, torch.F32)
	axes, sizes := slices.Clone(op.Over()), slices.Repeat([]int{1}, rank)
	for i := range axes {
		axes[i]++
		sizes[axes[i]] = x.Shape()[axes[i]]
	}
	if op.Axes != nil && axes[0] == rank-len(axes) { // the last axes, as of tokens: libtorch has one kernel for it
		return c.Cast(c.LayerNorm(x, c.Cast(weight, torch.F32), c.Cast(bias, torch.F32), op.Eps), dtype)
	}
	x = c.Sub(x, c.MeanKeep(x, axes...))
	variance := c.MeanKeep(c.Mul(x, x), axes...)
	x = c.Cast(c.Div(x, c.Sqrt(c.AddScalar(variance, op.Eps))), dtype)
	return c.Add(c.Mul(x, c.Reshape(weight, sizes...)), c.Reshape(bias, sizes...))
})
