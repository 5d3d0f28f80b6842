package net

import (
	"herbarium/internal/graph"
	"herbarium/internal/torch"
)

var _ = compute(func(c *call, op graph.Pad) torch.Tensor {
	if op.Mode == "reflect" {
		return padReflect(c.Scope, c.in[0], op.Before[2], op.After[2], op.Before[1], op.After[1])
	}
	var pairs []int
	for axis := len(op.Before) - 1; axis >= 0; axis-- {
		pairs = append(pairs, op.Before[axis], op.After[axis])
	}
	return c.PadZeros(c.in[0], pairs...)
})

// padReflect works in float32: libtorch 1.13 has no reflection for bfloat16 on a CPU.
func padReflect(s *torch.Scope, x torch.Tensor, left, right, top, bottom int) torch.Tensor {
	return s.Cast(s.PadReflect(s.Cast(x, torch.F32), left, right, top, bottom), x.DType())
}
