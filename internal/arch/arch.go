// Package arch builds the graphs of known architectures and draws their first weights. Nothing else in Herbarium knows
// an architecture: once built, a net is data.
package arch

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"herbarium/internal/graph"
	"herbarium/internal/images"
)

// Options are what a builder leaves open.
type Options struct {
	Classes int    // number of logits, at least 1
	Stem    string // of nets like resnet18 and resnet50: "large", "small" or "small-pool"; "" is the architecture's own

	// Names that differ between implementations, "" for the architecture's own: of the linear layer at the end ("fc",
	// "linear"), and of the projection in shortcuts where the shape changes ("downsample", "shortcut"). Nets for small
	// images have none of their own: there a name asks for it ("option B" of the paper).
	Head, Shortcut string

	// Mean and Std of the training photos' channels in [0,1], for the first node, a number for each: one for gray images,
	// three for RGB, which is what nets without any are for. A nil Mean stands for 0, and a nil Std for 1.
	Mean, Std []float64

	// Size is the side of the images in pixels; 0 skips the check that the net can be run on them.
	Size int
}

// Build returns the graph of an architecture. Its input is [C,H,W] in [0,1]; "logits" is an alias of its head.
func Build(name string, o Options) (*graph.Graph, error) {
	r, ok := lookup(name)
	if !ok {
		return nil, fmt.Errorf("no architecture %q; there are %s", name, strings.Join(Names(), ", "))
	}
	if o.Classes < 1 {
		return nil, fmt.Errorf("%s: %d classes; a classifier needs at least one", name, o.Classes)
	}
	if stems := r.stems(); o.Stem != "" && !slices.Contains(stems, o.Stem) {
		return nil, fmt.Errorf("%s: no stem %q; there are %s", name, o.Stem, strings.Join(stems, ", "))
	}
	o = o.normalized()
	g := r.build(o)
	err := g.Validate()
	if err == nil && o.Size != 0 {
		_, err = g.Shapes(graph.Shape{len(o.Mean), o.Size, o.Size})
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return g, nil
}

// normalized are the options with Mean and Std.
func (o Options) normalized() Options {
	channels := cmp.Or(len(o.Mean), len(o.Std), images.RGB)
	if o.Mean == nil {
		o.Mean = make([]float64, channels)
	}
	if o.Std == nil {
		o.Std = slices.Repeat([]float64{1}, channels)
	}
	return o
}

// stems are those that may be asked for.
func (r resnet) stems() []string {
	if r.stem.Kind == large {
		return []string{large, small, smallPool}
	}
	return []string{r.stem.Kind}
}

// Size is the side in pixels of the images that an architecture was made for: 32 or 224.
func Size(name, stem string) int {
	r, ok := lookup(name)
	if stem == "" {
		stem = r.stem.Kind
	}
	if ok && (stem == small || stem == smallPool) {
		return 32
	}
	return 224
}
