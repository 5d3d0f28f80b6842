package main

import (
	"fmt"

	"herbarium/format"
	"herbarium/internal/ascend"
	"herbarium/internal/cli"
	"herbarium/internal/graph"
	"herbarium/internal/images"
	"herbarium/internal/look"
	"herbarium/internal/random"
)

// fromNoise draws the units of every net that comes.
func (c *command) fromNoise(s *cli.Session, lens *look.Lens) error {
	return s.Nets(c.Net, func(d *format.Document) error {
		v, err := lens.On(d)
		if err != nil {
			return err
		}
		if c.Size > 0 {
			if v, err = v.Sized(c.Size, c.Size); err != nil {
				return err
			}
		}
		texts, err := c.texts(v.Model)
		if err != nil {
			return err
		}
		units, gallery, err := c.units(s, v, texts)
		if err != nil {
			return err
		}
		var items []ascend.Item
		for i, u := range units {
			for k := range c.Seeds {
				items = append(items, ascend.Item{Name: u.Text, Unit: u, Group: i, Restart: k, Keys: []uint64{random.Key(u.Text), uint64(k)}})
			}
		}
		return c.draw(s, v, items, gallery)
	})
}

// fromPictures starts from the pictures that come: each goes on with its own unit, or with those asked for.
func (c *command) fromPictures(s *cli.Session, lens *look.Lens) error {
	var v *look.Viewer
	count := 0
	err := s.EachWithNet(c.Net, func(d *format.Document) (err error) {
		v, err = lens.On(d)
		return err
	}, cli.Handlers{images.Kind: func(d *format.Document) error {
		photos, err := look.Photos(d)
		if err != nil {
			return err
		}
		count += len(photos)
		at, err := v.Sized(photos[0].Height, photos[0].Width)
		if err != nil {
			return err
		}
		var texts []string
		var from []int
		for i := range photos {
			own := []string{photos[i].Item.Text("unit")}
			if own[0] == "" || len(c.Unit)+len(c.Layer) > 0 {
				if own, err = c.texts(at.Model); err != nil {
					return err
				}
			}
			for range own {
				from = append(from, i)
			}
			texts = append(texts, own...)
		}
		if c.Top > 0 || c.Exemplars > 0 {
			return cli.UsageErrorf("--top and --exemplars are for drawing from noise")
		}
		units, _, err := c.units(s, at, texts)
		if err != nil {
			return err
		}
		var items []ascend.Item
		for i, u := range units {
			p := &photos[from[i]]
			for k := range c.Seeds {
				items = append(items, ascend.Item{Name: p.Name(), Unit: u, Group: i, Restart: k, Start: p.Pixels,
					Keys: []uint64{random.Key(p.Name()), random.Key(u.Text), uint64(k)}})
			}
		}
		return c.draw(s, at, items, nil)
	}})
	if err != nil {
		return err
	}
	return s.Require(count, "pictures to start from")
}

// draw makes the pictures and writes them in the order of the items, each unit's followed by its exemplars.
func (c *command) draw(s *cli.Session, v *look.Viewer, items []ascend.Item, gallery *look.Gallery) error {
	o := look.Options{Goal: ascend.Units, Diversity: c.Diversity}
	if c.Diversity > 0 {
		node, err := mapsOf(v.Model, items)
		if err != nil {
			return err
		}
		o.Node = node
	}
	results, err := v.Make(s, items, o)
	if err != nil {
		return err
	}
	var control []ascend.Result
	if len(c.Randomize) > 0 {
		random, err := v.Randomized()
		if err != nil {
			return err
		}
		if control, err = random.Make(s, items, o); err != nil {
			return err
		}
	}
	w, err := v.Writer(s)
	if err != nil {
		return err
	}
	for i, item := range items {
		it, label := v.Describe(item, results[i])
		if err := w.Picture(results[i], it, label); err != nil {
			return err
		}
		if control != nil {
			it, label := v.Describe(item, control[i])
			it["randomized"] = c.Randomize
			if err := w.Picture(control[i], it, label); err != nil {
				return err
			}
		}
		if last := i+1 == len(items) || items[i+1].Group != item.Group; last && gallery != nil {
			if err := w.Exemplars(gallery, item.Unit); err != nil {
				return err
			}
		}
	}
	return w.Flush()
}

// mapsOf is the layer at which --diversity compares pictures: the units' own, or if that has no maps the last before it
// that has.
func mapsOf(model *graph.Net, items []ascend.Item) (string, error) {
	values, err := model.Graph.Values(model.Input)
	if err != nil {
		return "", err
	}
	last := ""
	for _, node := range model.Graph.Nodes {
		if m := values[node.Name].Map(); m.Height*m.Width > 1 {
			last = node.Name
		}
		for _, item := range items {
			for _, t := range item.Unit.Terms {
				if t.Node == node.Name && last != "" {
					return last, nil
				}
			}
		}
	}
	return "", fmt.Errorf("--diversity: no layer up to %s has maps to compare", items[0].Unit.Text)
}
