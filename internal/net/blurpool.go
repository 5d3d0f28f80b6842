package net

import (
	"math"

	"herbarium/internal/graph"
	"herbarium/internal/torch"
)

// Each channel is blurred along y and x, and only the pixels that stay are computed.
var _ = compute(func(c *call, op graph.BlurPool) torch.Tensor {
	factor, r := op.Stride[0], op.Radius()
	kernel, taps := c.net.gaussians[op], 2*r+1
	channels := c.in[0].Shape()[1]
	x := padReflect(c.Scope, c.in[0], r, r, r, r)
	column := c.Expand(c.Reshape(kernel, 1, 1, taps, 1), channels, 1, taps, 1)
	row := c.Expand(c.Reshape(kernel, 1, 1, 1, taps), channels, 1, 1, taps)
	x = c.Conv2d(x, column, torch.None, torch.Conv{Stride: [2]int{factor, 1}, Groups: channels})
	return c.Conv2d(x, row, torch.None, torch.Conv{Stride: [2]int{1, factor}, Groups: channels})
})

// gaussian is the kernel [2r+1] of a blurpool by factor: sigma = factor/2, r = ceil(3 sigma).
func (n *Net) gaussian(s *torch.Scope, op graph.BlurPool) torch.Tensor {
	sigma, r := float64(op.Stride[0])/2, op.Radius()
	k, sum := make([]float32, 2*r+1), 0.0
	for i := range k {
		d := float64(i - r)
		sum += math.Exp(-d * d / (2 * sigma * sigma))
	}
	for i := range k {
		d := float64(i - r)
		k[i] = float32(math.Exp(-d*d/(2*sigma*sigma)) / sum)
	}
	return s.To(s.Cast(torch.From(s, []int{2*r + 1}, k), n.dtype), n.device)
}
