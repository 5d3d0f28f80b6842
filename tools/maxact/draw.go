package main

import (
	"herbarium/format"
	"herbarium/internal/ascend"
	"herbarium/internal/cli"
	"herbarium/internal/graph"
	"herbarium/internal/images"
	"herbarium/internal/look"
	"herbarium/internal/random"
)

// fromNoise draws the units of every net that comes.
func (c *command) fromNoise(s *cli.Session, o look.Options) error {
	return s.Nets(c.Net, func(d *format.Document) error {
		v, err := look.Read(d, o)
		if err != nil {
			return err
		}
		if c.Size > 0 {
			if v, err = v.Sized(graph.Shape{v.Model.Input[0], c.Size, c.Size}); err != nil {
				return err
			}
		}
		texts, named, err := c.texts(s, v.Model)
		if err != nil {
			return err
		}
		units, survey, err := c.units(s, v, texts, named)
		if err != nil {
			return err
		}
		var items []ascend.Item
		for i, u := range units {
			for k := range c.Seeds {
				items = append(items, ascend.Item{Name: u.Text, Unit: u, Group: i, Restart: k, Keys: []uint64{random.Key(u.Key), uint64(k)}})
			}
		}
		return c.draw(s, v, items, survey)
	})
}

// fromPictures starts from the pictures that come: each goes on with its own unit, or with those asked for.
func (c *command) fromPictures(s *cli.Session, o look.Options) error {
	var v *look.Viewer
	count := 0
	err := s.EachWithNet(c.Net, func(d *format.Document) (err error) {
		v, err = look.Read(d, o)
		return err
	}, cli.Handlers{images.Kind: func(d *format.Document) error {
		photos, err := look.Photos(d)
		if err != nil {
			return err
		}
		count += len(photos)
		at, err := v.Sized(photos[0].Shape())
		if err != nil {
			return err
		}
		var texts []string
		var from []int
		for i := range photos {
			own := []string{photos[i].Item.Text(images.KeyUnit)}
			if own[0] == "" || len(c.Unit)+len(c.Layer) > 0 {
				if own, _, err = c.texts(s, at.Model); err != nil {
					return err
				}
			}
			for range own {
				from = append(from, i)
			}
			texts = append(texts, own...)
		}
		units, _, err := c.units(s, at, texts, 0)
		if err != nil {
			return err
		}
		var items []ascend.Item
		for i, u := range units {
			p := &photos[from[i]]
			for k := range c.Seeds {
				items = append(items, ascend.Item{Name: p.Name(), Unit: u, Group: i, Restart: k, Start: p.Pixels,
					Keys: []uint64{random.Key(p.Name()), random.Key(u.Key), uint64(k)}})
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
func (c *command) draw(s *cli.Session, v *look.Viewer, items []ascend.Item, survey *look.Survey) error {
	results, control, err := c.WithControl(v, func(v *look.Viewer) ([]ascend.Result, error) { return v.Make(items) })
	if err != nil {
		return err
	}
	w, err := v.NewWriter(s.Write, s.Warnf)
	if err != nil {
		return err
	}
	for i, item := range items {
		it, label, err := v.Describe(item, results[i])
		if err != nil {
			return err
		}
		if err := w.Picture(results[i], it, label); err != nil {
			return err
		}
		if control != nil {
			it, label, err := v.Describe(item, control[i])
			if err != nil {
				return err
			}
			it[images.KeyRandomized] = c.Randomize
			if err := w.Picture(control[i], it, label); err != nil {
				return err
			}
		}
		if last := i+1 == len(items) || items[i+1].Group != item.Group; last && survey != nil {
			if err := w.Exemplars(survey, item.Unit); err != nil {
				return err
			}
		}
	}
	return w.Flush()
}
