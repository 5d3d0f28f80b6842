package net

import (
	"slices"
	"sync"

	"herbarium/internal/graph"
	"herbarium/internal/torch"
)

// shapes are the values of a net's nodes that were worked out so far, by the shape of the input.
type shapes struct {
	mu sync.Mutex
	of map[string]map[string]graph.Value
}

// Values returns what the nodes give for inputs x [N, axes...], by name.
func (n *Net) Values(x torch.Tensor) (map[string]graph.Value, error) {
	shape := graph.Shape(x.Shape()[1:])
	key := shape.String()
	n.values.mu.Lock()
	defer n.values.mu.Unlock()
	if values, ok := n.values.of[key]; ok {
		return values, nil
	}
	values, err := n.Graph.Values(shape)
	if err != nil {
		return nil, err
	}
	n.values.of[key] = values
	return values, nil
}

// PrefixOf is what the prefix tokens of a layer go by in the maps of a pass.
func PrefixOf(name string) string { return name + "@prefix" }

// prefix are the prefix tokens of a value y [N, axes...] as [N,C,1,P]; None where it has none.
func prefix(s *torch.Scope, v graph.Value, y torch.Tensor) torch.Tensor {
	tokens, axis := v.Prefix()
	if tokens == nil {
		return torch.None
	}
	return Map(s, tokens, s.Narrow(y, axis+1, 0, tokens[axis].Size))
}

// Map brings a value y [N, axes...] of a node into the order of maps [N,C,H,W], without prefix tokens: channels are axis 1
// and positions axes 2 and 3, as [graph.Value.Map] counts them; what has no positions has one.
func Map(s *torch.Scope, v graph.Value, y torch.Tensor) torch.Tensor {
	l := v.Layout()
	batch := y.Shape()[0]
	if !l.Plain() {
		for axis, prefix := range l.Prefix {
			if prefix > 0 {
				y = s.Narrow(y, axis+1, prefix, y.Shape()[axis+1]-prefix)
			}
		}
		order := []int{0}
		for _, o := range l.Order {
			order = append(order, o+1)
		}
		y = s.Permute(s.Reshape(y, append([]int{batch}, l.Split...)...), order...)
	}
	shape := []int{batch, l.Channels, l.Height, l.Width}
	if slices.Equal(y.Shape(), shape) { // a view of it would be one more summand of its gradient, in another order
		return y
	}
	return s.Reshape(y, shape...)
}
