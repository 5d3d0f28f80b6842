package main

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"herbarium/format"
	"herbarium/internal/errs"
	"herbarium/internal/images"
	"herbarium/internal/sheet"
)

// heatMap is one map of a picture.
type heatMap struct {
	sheet.Heat
	name      string
	low, high float64 // what the ends of its color scale stand for
}

// heatMaps are those of each picture of a batch; nil if it has none. Either all of them have two colors or none.
func heatMaps(b *images.Batch) ([][]heatMap, error) {
	names, t, err := b.Heat()
	if err != nil || names == nil {
		return nil, err
	}
	values, err := format.Values[float32](&t)
	if err != nil {
		return nil, err
	}
	h, w := t.Shape[2], t.Shape[3]
	negative := slices.ContainsFunc(values, func(v float32) bool { return v < 0 })
	out := make([][]heatMap, b.Len())
	for i := range out {
		for _, name := range names {
			m := heatMap{Heat: sheet.Heat{Values: values[:h*w], Height: h, Width: w, Signed: negative}, name: name}
			values = values[h*w:]
			if m.low, m.high = m.Range(); math.IsNaN(m.high) {
				return nil, fmt.Errorf("item %d (%s): heat map %q has values that are not numbers", i, b.Items[i].Name(), name)
			}
			out[i] = append(out[i], m)
		}
	}
	return out, nil
}

// overlays gives use the picture, unless each is a file of its own, and then one for each of its maps.
func (c *command) overlays(p *picture, maps []heatMap, use func(*picture) error) error {
	if c.Each == "" || len(maps) == 0 {
		if err := use(p); err != nil {
			return err
		}
	}
	for i := range maps {
		m := *p
		m.heat = &maps[i]
		m.item = p.item.Clone()
		m.item["map"], m.item["map_least"], m.item["map_most"] = maps[i].name, maps[i].low, maps[i].high
		if c.Each != "" {
			m.image = sheet.Overlay(m.image, m.heat.Heat)
		}
		if err := use(&m); err != nil {
			return err
		}
	}
	return nil
}

// heatCaption says what the map speaks for, where in the net, and what its scale is:
//
//	daisy
//	layer4.1
//	dark 0, bright 3.1
func (p *picture) heatCaption() []sheet.Line {
	var out []sheet.Line
	if class := p.item.Text(images.KeyExplained); class != "" {
		out = append(out, sheet.Line{Text: "for " + class, Style: sheet.Strong})
	}
	out = append(out, sheet.Line{Text: p.heat.name})
	scale := fmt.Sprintf("dark 0, bright %s", short(p.heat.high))
	switch {
	case p.heat.low < 0:
		scale = fmt.Sprintf("blue %s, red %s", short(p.heat.low), short(p.heat.high))
	case p.heat.high == 0:
		scale = "0 everywhere"
	}
	return append(out, sheet.Line{Text: scale})
}

func noHeat() error {
	return errs.Hint(errors.New("--overlay: no heat maps in the input"), "score --explain gradcam adds them")
}
