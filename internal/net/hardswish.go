package net

import (
	"herbarium/internal/graph"
	"herbarium/internal/torch"
)

var _ = elementwise[graph.HardSwish]((*torch.Scope).HardSwish)
