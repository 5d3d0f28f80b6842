package main

import (
	"fmt"

	"herbarium/internal/arch"
	"herbarium/internal/fit"
	"herbarium/internal/graph"
	"herbarium/internal/training"
)

// fresh is a net of the architecture asked for.
func (c *command) fresh(photos *fit.Set) (*graph.Net, error) {
	return training.Fresh(photos, c.Seed, func(in graph.Shape, o arch.Options) (*graph.Graph, string, error) {
		name := c.Arch
		if name == "" {
			name = "resnet20"
		}
		o.Stem = c.Stem
		g, err := arch.Build(name, o)
		if err != nil {
			return nil, "", err
		}
		if err := training.CheckSize(g, in); err != nil {
			return nil, "", fmt.Errorf("%s: %w", name, err)
		}
		return g, name, nil
	})
}
