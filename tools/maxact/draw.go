package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"herbarium/format"
	"herbarium/internal/ascend"
	"herbarium/internal/canvas"
	"herbarium/internal/cli"
	"herbarium/internal/graph"
	"herbarium/internal/images"
	"herbarium/internal/net"
	"herbarium/internal/objective"
	"herbarium/internal/random"
	"herbarium/internal/torch"
)

// check refuses numbers that make no picture.
func (c *command) check() error {
	for name, bad := range map[string]bool{
		"--seeds":  c.Seeds < 1,
		"--steps":  c.Steps < 1,
		"--rate":   !(c.Rate > 0) || math.IsInf(c.Rate, 0),
		"--jitter": math.IsNaN(c.Jitter) || math.IsInf(c.Jitter, 0),
		"--scale":  !(c.Scale >= 0 && c.Scale < 1),
		"--rotate": !(c.Rotate >= 0 && c.Rotate <= 180),
	} {
		if bad {
			return cli.UsageErrorf("%s is out of range", name)
		}
	}
	return nil
}

// units are those asked for, or every class.
func (c *command) units(model *graph.Net) ([]objective.Unit, error) {
	texts := c.Unit
	if len(texts) == 0 {
		if len(model.Classes) == 0 {
			return nil, cli.Hint(fmt.Errorf("the net does not name its classes"), "say what to draw: --unit LAYER:CHANNEL")
		}
		for _, class := range model.Classes {
			texts = append(texts, graph.Logits+":"+quoted(class))
		}
	}
	var units []objective.Unit
	for _, text := range texts {
		u, err := objective.Parse(text, model)
		if err != nil {
			return nil, err
		}
		units = append(units, u)
	}
	return units, nil
}

// quoted is a class name as a unit writes it.
func quoted(class string) string {
	if _, err := strconv.Atoi(class); err != nil && !slices.ContainsFunc([]rune(class), func(r rune) bool {
		return r <= ' ' || r == '"' || r == ',' || r == ':' || r == '@' || r == '\\'
	}) {
		return class
	}
	return strconv.Quote(class)
}

// draw makes the pictures of one net and writes them in the order of its units.
func (c *command) draw(s *cli.Session, model *graph.Net, device torch.Device, batchSize int) error {
	units, err := c.units(model)
	if err != nil {
		return err
	}
	dtype := map[string]torch.DType{"f32": torch.F32, "bf16": torch.BF16}[c.DType]
	n, err := net.View(model, append(objective.Nodes(units), graph.Logits), net.Options{Device: device, DType: dtype})
	if err != nil {
		return err
	}
	defer n.Close()
	colour, err := colours(model)
	if err != nil {
		return err
	}
	keep := torch.NewScope()
	defer keep.Close()
	on := canvas.NewFourier(keep, model.Input[1], model.Input[2], colour, device)

	var items []ascend.Item
	for _, u := range units {
		for k := range c.Seeds {
			items = append(items, ascend.Item{Unit: u, Keys: []uint64{random.Key(u.Text), uint64(k)}})
		}
	}
	results := make([]ascend.Result, len(items))
	bar := s.Progress(len(items)*c.Steps, "steps")
	jitter := c.jitters(model)
	for _, batch := range ascend.Batches(model.Graph, items, batchSize) {
		part := make([]ascend.Item, len(batch))
		for i, at := range batch {
			part[i] = items[at]
		}
		made, err := ascend.Maximize(n, on, part, ascend.Config{
			Steps: c.Steps, Rate: c.Rate, Seed: c.Seed,
			Transform: ascend.Transform{Jitter: jitter(part[0].Unit), Scale: c.Scale, Rotate: c.Rotate},
		}, func() { bar.Add(len(part)) })
		if err != nil {
			return err
		}
		for i, at := range batch {
			results[at] = made[i]
		}
	}
	bar.Done()
	return c.write(s, model, items, results)
}

// jitters gives the jitter for a unit's deepest layer.
func (c *command) jitters(model *graph.Net) func(objective.Unit) float64 {
	rows, err := model.Graph.Table(model.Input)
	return func(u objective.Unit) float64 {
		if c.Jitter >= 0 || err != nil {
			return math.Max(c.Jitter, 0)
		}
		stride := 1.0
		for _, row := range rows { // a layer after pooling has the stride of the maps before it
			stride = math.Max(stride, row.Stride[0])
			if slices.ContainsFunc(u.Terms, func(t objective.Term) bool { return t.Node == row.Name }) {
				break
			}
		}
		return math.Max(math.Round(stride/4), 1)
	}
}

// colours are those of the net's training photos where it knows them.
func colours(model *graph.Net) (canvas.Colour, error) {
	t, ok := model.Stats["color.cov"]
	if !ok {
		return canvas.DefaultColour(), nil
	}
	values, err := format.Float32s(&t)
	if err != nil {
		return canvas.Colour{}, err
	}
	covariance := make([]float64, len(values))
	for i, v := range values {
		covariance[i] = float64(v)
	}
	return canvas.NewColour(covariance)
}

func (c *command) write(s *cli.Session, model *graph.Net, items []ascend.Item, results []ascend.Result) error {
	w := images.NewWriter(s.Write)
	if err := w.SetClasses(model.Classes); err != nil {
		return err
	}
	for i, r := range results {
		item, label := c.describe(model, items[i], r)
		if item["warning"] != nil {
			s.Warnf("unit %s, seed %v: %v", items[i].Unit.Text, item["seed"], item["warning"])
		}
		err := w.Add(images.Picture{Height: model.Input[1], Width: model.Input[2], U8: r.Pixels, Label: label, Item: item})
		if err != nil {
			return err
		}
	}
	return w.Flush()
}
