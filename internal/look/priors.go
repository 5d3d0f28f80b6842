package look

import (
	"fmt"
	"math"

	"herbarium/internal/ascend"
	"herbarium/internal/cli"
	"herbarium/internal/graph"
	"herbarium/internal/objective"
	"herbarium/internal/prior"
	"herbarium/internal/torch"
)

// priors are the weights of the flags with what the net knows of photos.
type priors struct {
	ascend.Priors
	moments map[string][2][]float32 // by norm: mean and variance after it
}

// firstNorm is how much more than the others the first norm counts (Yin et al. 2020, section 4.1).
const firstNorm = 10

// priors finds the norms up to the deepest of the units and the moments that photos have after them.
func (v *Viewer) priors(units []objective.Unit) (*priors, error) {
	f := v.flags
	p := &priors{moments: map[string][2][]float32{}}
	p.AlphaNorm, p.Variation, p.Statistics, p.Bound = f.AlphaNorm, f.TV, f.Statistics, f.Bound
	mean, err := stat(v.Model, "color.mean")
	if err != nil {
		return nil, err
	}
	if len(mean) != 3 {
		mean = []float32{0.5, 0.5, 0.5}
	}
	p.Mean = mean
	if f.Statistics.Zero() {
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
		if len(p.Norms) == 0 {
			weight = firstNorm
		}
		p.Norms = append(p.Norms, prior.Norm{Node: node.Name, Weight: weight})
		p.moments[node.Name] = [2][]float32{mean, variance}
	}
	if len(p.Norms) == 0 {
		return nil, cli.Hint(fmt.Errorf("--statistics: the net has no statistics of photos at its batch norms"),
			"train writes them; adopt --stats PHOTOS adds them")
	}
	return p, nil
}

// moments are a photo's mean and variance after a norm, on average: those before it, kept in the net, through it.
func (v *Viewer) moments(node graph.Node) (mean, variance []float32, err error) {
	bn, ok := node.Op.(graph.BN)
	if !ok {
		return nil, nil, nil
	}
	values := map[string][]float32{}
	for _, name := range []string{"mean", "var"} {
		if values[name], err = stat(v.Model, "bn."+node.Name+"."+name); err != nil || values[name] == nil {
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
func (p *priors) load(keep, _ *torch.Scope, device torch.Device) error {
	for i, l := range p.Norms {
		m := p.moments[l.Node]
		p.Norms[i].Mean = keep.To(torch.From(keep, []int{len(m[0])}, m[0]), device)
		p.Norms[i].Variance = keep.To(torch.From(keep, []int{len(m[1])}, m[1]), device)
	}
	return nil
}

// of are the priors of a batch. Norms deeper than every layer of the items are left out: no prior makes a batch run more
// of the net. Where all of these layers are vectors, total variation counts vectorTV times as much at the end.
func (p *priors) of(rows []graph.Row, items []ascend.Item, vectorTV float64) ascend.Priors {
	out := p.Priors
	out.Norms = nil
	position := map[string]int{}
	for i, row := range rows {
		position[row.Name] = i
	}
	deepest, vectors := 0, true
	for _, item := range items {
		for _, t := range item.Unit.Terms {
			deepest = max(deepest, position[t.Node])
			vectors = vectors && !rows[position[t.Node]].Value.Map().Spatial
		}
	}
	if vectors && vectorTV > 0 {
		out.Variation.To *= vectorTV
	}
	for _, l := range p.Norms {
		if position[l.Node] <= deepest {
			out.Norms = append(out.Norms, l)
		}
	}
	return out
}
