package net

import (
	"herbarium/internal/graph"
	"herbarium/internal/torch"
)

var _ = elementwise[graph.HardSigmoid]((*torch.Scope).HardSigmoid)
