package look

import (
	"fmt"
	"math"
	"slices"

	"herbarium/internal/ascend"
	"herbarium/internal/errs"
	"herbarium/internal/graph"
	"herbarium/internal/prior"
	"herbarium/internal/torch"
)

// priors are those of the options with what the net knows of photos.
type priors struct {
	ascend.Priors
	moments map[string][2][]float32 // by batch norm: mean and variance [C] of photos after it
}

// firstNormWeight is how much more than the others the first batch norm counts (Yin et al. 2020, section 4.1).
const firstNormWeight = 10

// priors completes those of the options: the mean color of photos, and all batch norms with the moments that photos have
// after them.
func (v *Viewer) priors() (*priors, error) {
	p := &priors{v.options.Ascent.Priors, map[string][2][]float32{}}
	mean, err := statistic(v.Model, graph.StatColorMean)
	if err != nil {
		return nil, err
	}
	if channels := v.Model.Input[0]; len(mean) != channels {
		mean = slices.Repeat([]float32{0.5}, channels)
	}
	p.Mean = mean
	if p.Moments.Zero() {
		return p, nil
	}
	for _, node := range v.Model.Graph.Nodes {
		mean, variance, err := v.moments(node)
		if err != nil {
			return nil, err
		}
		if mean == nil {
			continue
		}
		weight := 1.0
		if len(p.BatchNorms) == 0 {
			weight = firstNormWeight
		}
		p.BatchNorms = append(p.BatchNorms, prior.BatchNorm{Node: node.Name, Weight: weight})
		p.moments[node.Name] = [2][]float32{mean, variance}
	}
	if len(p.BatchNorms) == 0 {
		return nil, errs.Hint(fmt.Errorf("--statistics: the net has no statistics of photos at its batch norms"),
			"train writes them; adopt --stats PHOTOS adds them")
	}
	return p, nil
}

// moments are the mean and variance [C] of a photo's values after a batch norm, averaged over photos: the net carries those
// before the norm, which are put through it. Nil where it does not.
func (v *Viewer) moments(node graph.Node) (mean, variance []float32, err error) {
	bn, ok := node.Op.(graph.BN)
	if !ok {
		return nil, nil, nil
	}
	values := map[string][]float32{}
	for key, name := range map[string]string{"mean": graph.StatNormMean(node.Name), "var": graph.StatNormVariance(node.Name)} {
		if values[key], err = statistic(v.Model, name); err != nil || values[key] == nil {
			return nil, nil, err
		}
	}
	for _, name := range []string{"weight", "bias", "running_mean", "running_var"} {
		t := v.Model.Params[node.Name+"."+name]
		if values[name], err = floats(&t, len(values["mean"])); err != nil {
			return nil, nil, fmt.Errorf("%s.%s: %w", node.Name, name, err)
		}
	}
	for c := range values["mean"] {
		scale := float64(values["weight"][c]) / math.Sqrt(float64(values["running_var"][c])+bn.Eps)
		mean = append(mean, float32((float64(values["mean"][c])-float64(values["running_mean"][c]))*scale+float64(values["bias"][c])))
		variance = append(variance, float32(float64(values["var"][c])*scale*scale))
	}
	return mean, variance, nil
}

// load puts the moments on the device.
func (p *priors) load(keep *torch.Scope, device torch.Device) error {
	for i, l := range p.BatchNorms {
		m := p.moments[l.Node]
		p.BatchNorms[i].Mean = keep.To(torch.From(keep, []int{len(m[0])}, m[0]), device)
		p.BatchNorms[i].Variance = keep.To(torch.From(keep, []int{len(m[1])}, m[1]), device)
	}
	return nil
}

// of are the priors of a batch. Batch norms deeper than every layer of the items are left out: no prior makes a batch run
// more of the net. Where no layer of the items has positions, total variation counts nonSpatialTV times as much at the end.
func (p *priors) of(rows []graph.Row, items []ascend.Item, nonSpatialTV float64) ascend.Priors {
	out := p.Priors
	out.BatchNorms = nil
	position := map[string]int{}
	for i, row := range rows {
		position[row.Name] = i
	}
	deepest, nonSpatial := 0, true
	for _, item := range items {
		for _, t := range item.Unit.Terms {
			deepest = max(deepest, position[t.Node])
			nonSpatial = nonSpatial && !rows[position[t.Node]].Value.Map().Spatial
		}
	}
	if nonSpatial && nonSpatialTV > 0 {
		out.Variation.To *= nonSpatialTV
	}
	for _, l := range p.BatchNorms {
		if position[l.Node] <= deepest {
			out.BatchNorms = append(out.BatchNorms, l)
		}
	}
	return out
}
