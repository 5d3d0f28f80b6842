// Package arch builds the graphs of known architectures and draws their first weights. Nothing else in Herbarium knows
// an architecture: once built, a net is data.
package arch

import (
	"fmt"
	"strings"

	"herbarium/internal/graph"
)

// Options are what a builder leaves open.
type Options struct {
	Classes int    // number of logits, at least 1
	Stem    string // resnet18 and larger: "large" (7x7 with stride 2, then max-pooling) or "small" (3x3); "" is the architecture's own

	// Mean and Std of the training photos' channels in [0,1], for the first node. A zero Std stands for 1.
	Mean, Std [3]float64

	// Size is the side of the images in pixels; 0 skips the check that the net can be run on them.
	Size int
}

// Names lists the architectures that Build knows.
func Names() []string {
	return []string{"resnet20", "resnet32", "resnet44", "resnet56", "resnet18", "resnet34", "resnet50"}
}

// Build returns the graph of an architecture. Its input is [3,H,W] in [0,1]; "logits" is an alias of its head.
func Build(name string, o Options) (*graph.Graph, error) {
	if o.Classes < 1 {
		return nil, fmt.Errorf("%s: %d classes; a classifier needs at least one", name, o.Classes)
	}
	var g *graph.Graph
	switch name {
	case "resnet20", "resnet32", "resnet44", "resnet56":
		if o.Stem != "" && o.Stem != small {
			return nil, fmt.Errorf("%s: no stem %q; it has a small one", name, o.Stem)
		}
		blocks := map[string]int{"resnet20": 3, "resnet32": 5, "resnet44": 7, "resnet56": 9}[name]
		g = cifar(blocks, o)
	case "resnet18", "resnet34", "resnet50":
		if o.Stem != "" && o.Stem != small && o.Stem != large {
			return nil, fmt.Errorf("%s: no stem %q; there are %s and %s", name, o.Stem, large, small)
		}
		switch name {
		case "resnet18":
			g = imagenet(basic, 1, [4]int{2, 2, 2, 2}, o)
		case "resnet34":
			g = imagenet(basic, 1, [4]int{3, 4, 6, 3}, o)
		case "resnet50":
			g = imagenet(bottleneck, 4, [4]int{3, 4, 6, 3}, o)
		}
	default:
		return nil, fmt.Errorf("no architecture %q; there are %s", name, strings.Join(Names(), ", "))
	}
	err := g.Validate()
	if err == nil && o.Size != 0 {
		_, err = g.Shapes(graph.Shape{3, o.Size, o.Size})
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return g, nil
}

// The stems.
const (
	large = "large"
	small = "small"
)
