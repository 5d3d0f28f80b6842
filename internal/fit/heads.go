package fit

import (
	"slices"

	"herbarium/internal/graph"
	"herbarium/internal/net"
	"herbarium/internal/torch"
)

// headsOf are the outputs whose losses are added up, with logits as the last.
func headsOf(g *graph.Graph, logits string) []string {
	if heads := g.Outputs(); logits == graph.Logits || slices.Contains(heads, logits) {
		return heads
	}
	return []string{logits}
}

// crossEntropies are the losses [N] of photos x that show y, summed over the heads, and the last head's logits.
func crossEntropies(s *torch.Scope, n *net.Net, heads []string, x torch.Tensor, y labels, pass net.Pass, smoothing float64) (losses, logits torch.Tensor, err error) {
	pass.Want = heads
	out, err := n.Forward(s, x, pass)
	if err != nil {
		return losses, logits, err
	}
	for i, head := range heads {
		loss := y.crossEntropy(s, out[head], smoothing)
		if i == 0 {
			losses = loss
		} else {
			losses = s.Add(losses, loss)
		}
	}
	return losses, out[heads[len(heads)-1]], nil
}
