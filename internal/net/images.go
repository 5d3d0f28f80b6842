package net

import "herbarium/internal/torch"

// Images are pictures, each [3,height,width] in [0,1], as one batch [N,3,height,width] on the net's device.
func (n *Net) Images(s *torch.Scope, height, width int, pictures ...[]float32) torch.Tensor {
	values := make([]float32, 0, len(pictures)*3*height*width)
	for _, p := range pictures {
		values = append(values, p...)
	}
	return s.To(torch.From(s, []int{len(pictures), 3, height, width}, values), n.device)
}
