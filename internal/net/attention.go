package net

import (
	"slices"

	"herbarium/internal/graph"
	"herbarium/internal/torch"
)

// libtorch has its fused kernels for four axes: items with what else is in front, heads, tokens, channels. They do not give
// the weights, which are computed where a pass asks for them.
var _ = compute(func(c *call, op graph.Attention) torch.Tensor {
	q, k, v := c.heads(c.in[0], op.Heads), c.heads(c.in[1], op.Heads), c.heads(c.in[2], op.Heads)
	var bias torch.Tensor
	if len(c.in) == 4 {
		bias = c.in[3]
		if front := c.in[0].Shape()[:len(c.in[0].Shape())-2]; len(front) > 1 {
			own := bias.Shape()[len(front):]
			bias = c.Reshape(c.Expand(bias, append(slices.Clone(front), own...)...), append([]int{-1}, own...)...)
		}
	}
	var y torch.Tensor
	if see := c.pass.Weights[c.node.Name]; see != nil {
		w := c.Scale(c.MatMul(q, c.Permute(k, 0, 1, 3, 2)), op.Scale)
		if bias.Defined() {
			w = c.Add(w, bias)
		}
		w = c.Softmax(w, 3)
		see(w)
		y = c.MatMul(w, v)
	} else {
		y = c.Attention(q, k, v, bias, op.Scale)
	}
	shape := slices.Clone(c.in[0].Shape())
	shape[len(shape)-1] = c.in[2].Shape()[len(shape)-1]
	return c.Reshape(c.Permute(y, 0, 2, 1, 3), shape...)
})

// heads is x [..., T, C] as [..., heads, T, C/heads], all that is in front of the heads being one axis.
func (c *call) heads(x torch.Tensor, heads int) torch.Tensor {
	n := len(x.Shape())
	tokens, channels := x.Shape()[n-2], x.Shape()[n-1]
	return c.Permute(c.Reshape(x, -1, tokens, heads, channels/heads), 0, 2, 1, 3)
}
