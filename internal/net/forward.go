package net

import (
	"herbarium/internal/graph"
	"herbarium/internal/torch"
)

// Pass says how one forward pass runs.
type Pass struct {
	Train bool
	// Frozen names nodes that run as in eval mode all the same: norms that neither use nor move by the batch.
	Frozen map[string]bool
	// Want names the nodes to capture; nodes after the last of them are not run.
	Want []string
	// Maps brings what is captured into the order of maps [N,C,H,W]; see [Map]. Else it is as the node gives it. Prefix
	// tokens are maps [N,C,1,P] by the names that [PrefixOf] makes.
	Maps bool
	// Observe, if set, sees the inputs and the value of every node as soon as it is computed and before a later
	// node may overwrite it; all nodes are run. A relu or add may have overwritten its first input.
	Observe func(node *graph.Node, in []torch.Tensor, y torch.Tensor)
	// Weights see the weights of attention nodes by name, [N..., heads, T, S], before these are multiplied by the values.
	Weights map[string]func(w torch.Tensor)
	// ReLU, if set, replaces max(x, 0): viewers let gradients through dead units with it.
	ReLU func(s *torch.Scope, x torch.Tensor) torch.Tensor
}

// Forward runs x, images [N,C,H,W] in [0,1] as float32, through the net and returns the wanted nodes by the names
// that they were asked for, as float32. Values that nobody wants are freed on the way.
func (n *Net) Forward(s *torch.Scope, x torch.Tensor, p Pass) (map[string]torch.Tensor, error) {
	r, err := n.Begin(s, x, p)
	if err != nil {
		return nil, err
	}
	for r.next < len(n.plan) && (r.found < len(p.Want) || p.Observe != nil) {
		r.step()
	}
	return r.out, nil
}
