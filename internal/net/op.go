package net

import (
	"herbarium/internal/graph"
	"herbarium/internal/torch"
)

// A call is one node about to be computed.
type call struct {
	*torch.Scope
	net     *Net
	node    *graph.Node
	in      []torch.Tensor // [N, axes...]
	batch   int            // N
	pass    Pass
	inPlace bool // the first input may be overwritten
}

// param is a tensor of the node, by the end of its name; None if it has no such.
func (c *call) param(suffix string) torch.Tensor { return c.net.params[c.node.Name+suffix] }

// ops has the arithmetic of every op of internal/graph by its name.
var ops = map[string]func(c *call) torch.Tensor{}

// compute says how an op is computed. Axes of a node leave out the batch, libtorch's count it: hence axis + 1.
func compute[O graph.Op](f func(c *call, op O) torch.Tensor) struct{} {
	var zero O
	ops[zero.Name()] = func(c *call) torch.Tensor { return f(c, c.node.Op.(O)) }
	return struct{}{}
}

// elementwise says how an op without attributes is computed from its only input.
func elementwise[O graph.Op](f func(s *torch.Scope, x torch.Tensor) torch.Tensor) struct{} {
	return compute(func(c *call, _ O) torch.Tensor { return f(c.Scope, c.in[0]) })
}
