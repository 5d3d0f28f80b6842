package net

import (
	"math"

	"herbarium/internal/graph"
	"herbarium/internal/torch"
)

// Not libtorch's own function, which multiplies by 1/scale: where x is just between two levels, as pixels often are, that
// rounds other numbers than ONNX's division does.
var _ = compute(func(c *call, op graph.FakeQuantize) torch.Tensor {
	s := torch.NewScope() // several times the memory of x passes through it
	defer s.Close()
	x := s.Cast(c.in[0], torch.F32)
	constant := func(f func(scale, zero float64) float64) torch.Tensor {
		v := make([]float32, len(op.Scale))
		for i := range v {
			v[i] = float32(f(op.Scale[i], float64(op.Zero[i])))
		}
		return along(s, x, op.Axis, s.To(torch.From(s, []int{len(v)}, v), x.Device()))
	}
	held := func(x, lo, hi torch.Tensor) torch.Tensor { return s.Minimum(s.Maximum(x, lo), hi) }
	low, high := float64(op.Min), float64(op.Max)
	scale := constant(func(scale, _ float64) float64 { return scale })
	level := held(s.Round(s.Div(s.Detach(x), scale)),
		constant(func(_, zero float64) float64 { return low - zero }), constant(func(_, zero float64) float64 { return high - zero }))
	y := s.Mul(level, scale)
	if x.Recorded() { // what is added is zero, and has the gradient
		end := func(at, far float64) torch.Tensor {
			return constant(func(scale, zero float64) float64 {
				if zero == at {
					return math.Copysign(scale/2, far)
				}
				return far
			})
		}
		from, to := end(low, -1e30), end(high, 1e30)
		inside := held(x, from, to)
		if relu := c.pass.ReLU; relu != nil {
			inside = s.Sub(to, relu(s, s.Sub(to, s.Add(from, relu(s, s.Sub(x, from))))))
		}
		y = s.Add(y, s.Sub(inside, s.Detach(inside)))
	}
	return c.Cast(y, c.in[0].DType())
})
