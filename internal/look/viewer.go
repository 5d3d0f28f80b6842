// Package look makes pictures that show what a net has learned: of what its units respond to most (activation
// maximization), of what its layers see in photos (caricatures) and keep of them (feature inversion), beside the photos
// that excite units most. It reads no flags and no files: photos come in as values, and pictures go out as documents.
package look

import (
	"herbarium/format"
	"herbarium/internal/ascend"
	"herbarium/internal/canvas"
	"herbarium/internal/graph"
	"herbarium/internal/net"
	"herbarium/internal/progress"
)

// Options are how a viewer makes pictures.
type Options struct {
	Net      net.Options    // where and in which precision the net runs
	Batch    int            // items that are optimized together, at most
	Canvas   string         // the parametrization of pictures: fourier, phase or pixel, see [canvas.New]
	Progress progress.Start // shows the steps as they are done
	Log      *Log           // takes what each step measured; nil for none

	// Ascent is the optimization of every batch. The viewer completes what depends on the net: the priors' Mean and
	// BatchNorms, and Alpha.
	Ascent ascend.Config
	// Coarse is the share of the steps, the first, that are taken at half the size, where they cost a quarter; the net must
	// take images of that size. Not for items with targets.
	Coarse float64
	// Grouping is what the objective needs of a batch.
	Grouping ascend.Grouping
	// AutoJitter sets the transform's Jitter to a quarter of the stride of the unit's layer, at least 1 pixel.
	AutoJitter bool
	// NonSpatialTV multiplies the weight of total variation at the end of a run, for layers without positions, such as the logits; 0 is 1.
	NonSpatialTV float64
	// Diversity is the weight of keeping the restarts of an item different, see [ascend.Diverse]; 0 for none.
	Diversity float64
}

// Viewer makes pictures of what one net has learned.
type Viewer struct {
	Model   *graph.Net
	options Options
	photos  canvas.Statistics
}

// New is a viewer of a net. Its pictures have the size of the net's input.
func New(model *graph.Net, o Options) (*Viewer, error) {
	photos, err := photoStatistics(model)
	return &Viewer{Model: model, options: o, photos: photos}, err
}

// Read is a viewer of the net in a document.
func Read(d *format.Document, o Options) (*Viewer, error) {
	model, err := graph.FromDocument(d)
	if err != nil {
		return nil, err
	}
	return New(model, o)
}

// Sized is the viewer for pictures of shape in [C,H,W], see [graph.Net.Sized].
func (v *Viewer) Sized(in graph.Shape) (*Viewer, error) {
	model, err := v.Model.Sized(in)
	if err != nil || model == v.Model {
		return v, err
	}
	return v.of(model), nil
}

// of is the viewer of a variant of the net.
func (v *Viewer) of(model *graph.Net) *Viewer {
	out := *v
	out.Model = model
	return &out
}
