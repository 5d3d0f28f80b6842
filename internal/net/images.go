package net

import (
	"slices"

	"herbarium/internal/torch"
)

// Images are pictures, each [C,height,width] in [0,1], as one batch [N,C,height,width] on the net's device.
func (n *Net) Images(s *torch.Scope, height, width int, pictures ...[]float32) torch.Tensor {
	values := slices.Concat(pictures...)
	channels := len(values) / (len(pictures) * height * width)
	return s.To(torch.From(s, []int{len(pictures), channels, height, width}, values), n.device)
}
