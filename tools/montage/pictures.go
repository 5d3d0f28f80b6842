package main

import (
	"errors"
	"fmt"
	"image"
	"math"

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
	index int      // in the whole input, from 0
	heat  *heatMap // nil, or what is to be laid over the image
}

// pictures decodes each picture of the input that is wanted and gives it to use.
// An input without any is an error.
func (c *command) pictures(s *cli.Session, wanted func(*picture) (bool, error), use func(*picture) error) error {
	index, heat := 0, false
	err := s.Each(cli.Handlers{images.Kind: func(d *format.Document) error {
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
			p := &picture{item: item, class: b.Class(i), index: index}
			if p.class == "" {
				p.class = item.Text(images.KeyClass)
			}
			index++
			if c.First > 0 && index > c.First*panels {
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
	if err := s.Require(index, images.Kind); err != nil {
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
	if err := checkPixels(b, i); err != nil {
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

// roundingError is how far outside [0,1] arithmetic may leave an intensity: a
// quarter of an 8-bit step.
const roundingError = 1.0 / 1024

// checkPixels refuses a picture whose intensities are not in [0,1].
func checkPixels(b *images.Batch, i int) error {
	if b.F32 == nil {
		return nil
	}
	size := b.Channels() * b.Height * b.Width
	for k, v := range b.F32[i*size : (i+1)*size] {
		if v >= -roundingError && v <= 1+roundingError {
			continue
		}
		at := k % (b.Height * b.Width)
		err := fmt.Errorf("%g at row %d, column %d is outside [0,1]", v, at/b.Width, at%b.Width)
		if math.IsNaN(float64(v)) {
			err = fmt.Errorf("NaN at row %d, column %d", at/b.Width, at%b.Width)
		}
		return errs.Hint(err, "the tool that made the picture has failed")
	}
	return nil
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
