package main

import (
	"fmt"
	"math"

	"herbarium/internal/arch"
	"herbarium/internal/errs"
	"herbarium/internal/fit"
	"herbarium/internal/graph"
)

// fresh is a net of the architecture asked for.
func (c *command) fresh(photos *fit.Set) (*graph.Net, error) {
	in := graph.Shape{3, photos.Height, photos.Width}
	name := c.Arch
	if name == "" {
		name = "resnet20"
	}
	mean, std, err := photos.Moments()
	if err != nil {
		return nil, err
	}
	g, err := arch.Build(name, arch.Options{Classes: len(photos.Classes), Stem: c.Stem, Mean: mean, Std: std})
	if err != nil {
		return nil, err
	}
	if err := bigEnough(g, in); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	params, err := arch.Init(g, in, c.Seed)
	if err != nil {
		return nil, err
	}
	return &graph.Net{Graph: g, Params: params, Classes: photos.Classes, Input: in, Arch: name}, nil
}

// bigEnough wants the image to reach over one position of the deepest layer at least.
func bigEnough(g *graph.Graph, in graph.Shape) error {
	rows, err := g.Table(in)
	if err != nil {
		return err
	}
	stride := 1.0
	for _, row := range rows {
		if m := row.Value.Map(); m.Height*m.Width > 1 {
			stride = math.Max(stride, math.Max(row.Stride[0], row.Stride[1]))
		}
	}
	if float64(min(in[1], in[2])) < stride {
		return errs.Hint(fmt.Errorf("photos of %dx%d are too small for it", in[1], in[2]),
			"make them larger with ingest --size, or take --arch resnet20, or --stem small")
	}
	return nil
}
