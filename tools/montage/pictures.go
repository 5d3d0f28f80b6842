package main

import (
	"errors"
	"fmt"
	"image"

	"herbarium/format"
	"herbarium/internal/cli"
	"herbarium/internal/errs"
	"herbarium/internal/images"
	"herbarium/internal/sheet"
)

// picture is one picture and what is known about it.
type picture struct {
	image *image.RGBA
	item  images.Item
	class string
	index int      // of the item, in the whole input, from 0; the panels of a triptych have the same
	heat  *heatMap // nil, or what is to be laid over the image
}

// pictures decodes each picture of the input that is wanted and gives it to use.
// An input without any is an error.
func (c *command) pictures(s *cli.Session, wanted func(*picture) (bool, error), use func(*picture) error) error {
	panel, heat := 0, false // panels so far
	err := s.EachFile(c.Files, cli.Handlers{images.Kind: func(d *format.Document) error {
		b, err := images.FromDocument(d)
		if err != nil {
			return err
		}
		panels := 1
		if c.Triptych {
			if b, err = triptych(b); err != nil {
				return err
			}
			panels = 3
		}
		maps := make([][]heatMap, b.Len())
		if c.Overlay {
			if found, err := heatMaps(b); err != nil {
				return err
			} else if found != nil {
				maps, heat = found, true
			}
		}
		for i, item := range b.Items {
			p := &picture{item: item, class: b.Class(i), index: panel / panels}
			if p.class == "" {
				p.class = item.Text(images.KeyClass)
			}
			panel++
			if c.First > 0 && p.index >= c.First {
				continue
			}
			if err := c.one(b, i, p, wanted, func(p *picture) error { return c.overlays(p, maps[i], use) }); err != nil {
				return fmt.Errorf("item %d (%s): %w", i, item.Name(), err)
			}
		}
		return nil
	}})
	if err != nil {
		return err
	}
	if err := s.Require(panel, images.Kind); err != nil {
		return err
	}
	if c.Overlay && !heat {
		return noHeat()
	}
	return nil
}

func (c *command) one(b *images.Batch, i int, p *picture, wanted func(*picture) (bool, error), use func(*picture) error) error {
	if ok, err := wanted(p); err != nil || !ok {
		return err
	}
	var err error
	switch {
	case c.Scale > 0:
		p.image, err = sheet.Resize(b.Image(i), c.Scale)
	case c.Each != "":
		p.image, err = sheet.Resize(b.Image(i), 1)
	default:
		p.image, err = sheet.Reduce(b.Image(i))
	}
	if err != nil {
		return err
	}
	return use(p)
}

// collect holds all pictures of a sheet.
func (c *command) collect(s *cli.Session) ([]*picture, error) {
	var all []*picture
	pixels := 0
	inRow := map[string]int{}
	err := c.pictures(s, func(p *picture) (bool, error) {
		if c.Rows == "" {
			return true, nil
		}
		row, ok := p.value(c.Rows)
		if !ok {
			return false, errs.Hint(fmt.Errorf("no %q for --rows", c.Rows), "keys are: %s", p.keys())
		}
		inRow[row]++
		return c.Columns == 0 || inRow[row] <= c.Columns, nil
	}, func(p *picture) error {
		pixels += len(p.image.Pix) / 4
		if pixels > sheet.MaxPixels {
			return errs.Hint(errors.New("too many pictures for one sheet"),
				"--first %d, --scale, or peek --first %d before montage", len(all), len(all))
		}
		all = append(all, p)
		return nil
	})
	return all, err
}
