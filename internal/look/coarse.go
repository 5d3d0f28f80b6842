package look

import (
	"fmt"
	"slices"

	"herbarium/internal/ascend"
	"herbarium/internal/canvas"
	"herbarium/internal/errs"
	"herbarium/internal/graph"
	"herbarium/internal/torch"
)

// coarse makes the half-sized canvas for the first steps, in keep, and returns what gives a batch of items its coarse steps.
func (v *Viewer) coarse(keep *torch.Scope) (func([]ascend.Item) ascend.Coarse, error) {
	o, in := v.options, v.Model.Input
	steps := int(o.Coarse * float64(o.Ascent.Steps))
	if steps == 0 {
		return func([]ascend.Item) ascend.Coarse { return ascend.Coarse{} }, nil
	}
	half := graph.Shape{in[0], in[1] / 2, in[2] / 2}
	if _, err := v.Model.Sized(half); err != nil {
		return nil, errs.Hint(fmt.Errorf("coarse steps: %v", err), "without --coarse all steps are taken at full size")
	}
	from, err := v.Model.Graph.Values(in)
	if err != nil {
		return nil, err
	}
	to, err := v.Model.Graph.Values(half)
	if err != nil {
		return nil, err
	}
	on, err := canvas.New(o.Canvas, keep, half[1], half[2], v.photos, o.Net.Device)
	if err != nil {
		return nil, err
	}
	return func(items []ascend.Item) ascend.Coarse {
		items = slices.Clone(items)
		for i := range items {
			items[i].Unit = items[i].Unit.Resized(from, to)
		}
		return ascend.Coarse{Canvas: on, Items: items, Steps: steps}
	}, nil
}
