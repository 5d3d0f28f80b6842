package objective

import "herbarium/internal/torch"

// Objective says how well each picture of a batch does: larger is better.
type Objective interface {
	// Nodes are the layers that it reads.
	Nodes() []string
	// Value is [N], given the activations [N,C,H,W] or [N,C] of the layers.
	Value(s *torch.Scope, activations map[string]torch.Tensor) torch.Tensor
	// Measures are what a reader of the result wants to know, each [N].
	Measures(s *torch.Scope, activations map[string]torch.Tensor) map[string]torch.Tensor
}
