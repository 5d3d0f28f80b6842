package training

import (
	"fmt"
	"math"

	"herbarium/internal/arch"
	"herbarium/internal/errs"
	"herbarium/internal/fit"
	"herbarium/internal/graph"
)

// Build makes the graph of a net for images of shape in, and the name of its architecture.
type Build func(in graph.Shape, o arch.Options) (g *graph.Graph, name string, err error)

// Fresh is a net with first weights for photos: of their shape and classes, normalized by their mean and deviation.
func Fresh(photos *fit.Set, seed uint64, build Build) (*graph.Net, error) {
	in := photos.Shape()
	mean, std, err := photos.Moments()
	if err != nil {
		return nil, err
	}
	g, name, err := build(in, arch.Options{Classes: len(photos.Classes), Mean: mean, Std: std})
	if err != nil {
		return nil, err
	}
	params, err := arch.Init(g, in, seed)
	if err != nil {
		return nil, err
	}
	return &graph.Net{Graph: g, Params: params, Classes: photos.Classes, Input: in, Arch: name}, nil
}

// CheckSize refuses images of shape in that do not reach over one position of the deepest layer of g that has several.
func CheckSize(g *graph.Graph, in graph.Shape) error {
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
