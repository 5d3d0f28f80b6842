// Package canvas holds images as variables that an optimizer can change: how they are stored
// decides which pictures are easy to reach.
package canvas

import "herbarium/internal/torch"

// recolour multiplies the channels of [N,3,H,W] by a matrix.
func recolour(s *torch.Scope, x torch.Tensor, m Colour) torch.Tensor {
	shape := x.Shape()
	matrix := s.To(torch.From(s, []int{3, 3}, m.Float32s()), x.Device())
	flat := s.Reshape(x, shape[0], 3, -1)
	return s.Reshape(s.MatMul(matrix, flat), shape...)
}

// Decorrelate is the inverse of a canvas's last steps: images [N,3,H,W] in [0,1] in the uncorrelated
// channels before the sigmoid. Values are kept half an 8-bit step away from 0 and 1.
func Decorrelate(s *torch.Scope, x torch.Tensor, colour Colour) (torch.Tensor, error) {
	inverse, err := colour.Inverse()
	if err != nil {
		return torch.None, err
	}
	x = s.Clamp(x, 0.5/255, 1-0.5/255)
	logit := s.Log(s.Div(x, s.AddScalar(s.Neg(x), 1)))
	return recolour(s, logit, inverse), nil
}
