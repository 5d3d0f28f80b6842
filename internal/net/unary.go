package net

import (
	"herbarium/internal/graph"
	"herbarium/internal/torch"
)

var _ = compute(func(c *call, op graph.Unary) torch.Tensor { return functions[op.Function](c.Scope, c.in[0]) })

var functions = map[string]func(s *torch.Scope, x torch.Tensor) torch.Tensor{
	"abs": (*torch.Scope).Abs, "ceil": (*torch.Scope).Ceil, "cos": (*torch.Scope).Cos, "erf": (*torch.Scope).Erf, "exp": (*torch.Scope).Exp,
	"floor": (*torch.Scope).Floor, "log": (*torch.Scope).Log, "mish": (*torch.Scope).Mish, "sign": (*torch.Scope).Sign, "sin": (*torch.Scope).Sin,
	"softplus": (*torch.Scope).Softplus, "softsign": softsign, "tanh": (*torch.Scope).Tanh,
}

func softsign(s *torch.Scope, x torch.Tensor) torch.Tensor { return s.Div(x, s.AddScalar(s.Abs(x), 1)) }
