package look

import (
	"fmt"
	"math"
	"slices"

	"herbarium/internal/ascend"
	"herbarium/internal/canvas"
	"herbarium/internal/graph"
	"herbarium/internal/net"
	"herbarium/internal/objective"
	"herbarium/internal/torch"
)

// Make makes the pictures of items, in batches, in the items' order.
func (v *Viewer) Make(items []ascend.Item) ([]ascend.Result, error) {
	o := v.options
	var units []objective.Unit
	for _, item := range items {
		units = append(units, item.Unit)
	}
	priors, err := v.priors()
	if err != nil {
		return nil, err
	}
	names := objective.Nodes(units)
	if v.Model.CheckLogits() == nil {
		names = append(names, graph.Logits)
	}
	if o.Diversity > 0 {
		node, err := v.mapsUpTo(units)
		if err != nil {
			return nil, err
		}
		names = append(names, node)
		o.Ascent.Objective = ascend.Diverse(o.Ascent.Objective, node, o.Diversity)
	}
	for _, l := range priors.BatchNorms {
		names = append(names, l.Node)
	}
	n, err := net.View(v.Model, names, o.Net)
	if err != nil {
		return nil, err
	}
	defer n.Close()
	keep := torch.NewScope()
	defer keep.Close()
	on, err := canvas.New(o.Canvas, keep, v.Model.Input[1], v.Model.Input[2], v.photos, o.Net.Device)
	if err != nil {
		return nil, err
	}
	if err := torch.Do(func(*torch.Scope) error { return priors.load(keep, o.Net.Device) }); err != nil {
		return nil, err
	}
	rows, err := v.Model.Graph.Table(v.Model.Input)
	if err != nil {
		return nil, err
	}
	coarse, err := v.coarse(keep)
	if err != nil {
		return nil, err
	}
	results := make([]ascend.Result, len(items))
	bar := o.Progress(len(items)*o.Ascent.Steps, "steps")
	batches := ascend.Batches(v.Model.Graph, items, o.Batch, o.Grouping)
	type made struct {
		pictures []ascend.Result
		log      *Log
	}
	err = torch.Each(n.Workers(o.Batch), len(batches), func(k int) (m made, err error) {
		batch := make([]ascend.Item, len(batches[k]))
		for i, at := range batches[k] {
			batch[i] = items[at]
		}
		config := o.Ascent
		config.Priors = priors.of(rows, batch, o.NonSpatialTV)
		config.Alpha = o.Canvas == "phase"
		config.Coarse = coarse(batch)
		if o.AutoJitter {
			config.Transform.Jitter = math.Max(math.Round(stride(rows, batch[0].Unit)/4), 1)
		}
		m.log = o.Log.part()
		m.pictures, err = ascend.Run(n, on, batch, config, ascend.Hooks{Step: func() { bar.Add(len(batch)) }, Log: m.log.hook(batch)})
		return m, err
	}, func(k int, m made) error {
		for i, at := range batches[k] {
			results[at] = m.pictures[i]
		}
		o.Log.add(m.log)
		return nil
	})
	if err != nil {
		return nil, err
	}
	bar.Done()
	return results, nil
}

// stride is the largest up to a unit's deepest layer, in pixels: a layer after pooling has the stride of the maps before it.
func stride(rows []graph.Row, u objective.Unit) float64 {
	largest := 1.0
	for _, row := range rows {
		largest = math.Max(largest, row.Stride[0])
		if slices.ContainsFunc(u.Terms, func(t objective.Term) bool { return t.Node == row.Name }) {
			break
		}
	}
	return largest
}

// mapsUpTo is the layer at which the diversity of pictures is measured: the units' first, or if that has no maps the last
// before it that has.
func (v *Viewer) mapsUpTo(units []objective.Unit) (string, error) {
	values, err := v.Model.Graph.Values(v.Model.Input)
	if err != nil {
		return "", err
	}
	last := ""
	for _, node := range v.Model.Graph.Nodes {
		if m := values[node.Name].Map(); m.Height*m.Width > 1 {
			last = node.Name
		}
		if last != "" && slices.Contains(objective.Nodes(units), node.Name) {
			return last, nil
		}
	}
	return "", fmt.Errorf("diversity: no layer up to %s has maps to compare", units[0].Text)
}
