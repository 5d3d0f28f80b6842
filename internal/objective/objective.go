package objective

import "herbarium/internal/torch"

// Objective is what the pictures of a batch maximize, given their activations: larger is better.
type Objective interface {
	// Nodes are the layers that it reads.
	Nodes() []string
	// Value is [N], given the activations as maps [N,C,H,W] of the layers.
	Value(s *torch.Scope, activations map[string]torch.Tensor) torch.Tensor
	// Measures describe the pictures further, each [N], by name.
	Measures(s *torch.Scope, activations map[string]torch.Tensor) map[string]torch.Tensor
}
