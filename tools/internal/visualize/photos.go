package visualize

import (
	"fmt"

	"herbarium/format"
	"herbarium/internal/ascend"
	"herbarium/internal/cli"
	"herbarium/internal/errs"
	"herbarium/internal/images"
	"herbarium/internal/look"
	"herbarium/internal/objective"
	"herbarium/internal/random"
)

// FromPhotos is a tool that makes pictures of photos: its flags, and what it does with a stream.
type FromPhotos struct {
	cli.IO
	cli.Compute
	cli.Net
	Flags
	Layer []string `sep:"none" placeholder:"LAYER" help:"What to look at: LAYER[:CHANNEL][@Y,X]; may be repeated. By default every stage of the net, and the logits."`
	Seeds int      `default:"1" range:"[1,)" placeholder:"K" help:"Pictures for each photo and layer, from different random numbers (${default})."`
	Photo bool     `help:"Also write each photo, before its pictures."`
}

// Method is how a tool makes pictures of photos.
type Method struct {
	Objective    ascend.Objective // of the photos' features, see [ascend.Target]
	Measures     []string         // of [objective.Target], which the pictures' items carry
	StopGain     float64          // see [ascend.Config]
	Beta2        float64          // see [ascend.Config]
	NonSpatialTV float64          // see [look.Options]
	FromPhoto    bool             // start from the photo instead of noise
	Octaves      int              // see [look.Viewer.MakeOctaves]
	OctaveScale  float64
}

// MakePictures makes pictures of all photos that come, each at the photo's own size.
func (p *FromPhotos) MakePictures(s *cli.Session, m Method) error {
	o, err := p.Open(s, &p.Compute)
	if err != nil {
		return err
	}
	o.Ascent.Objective, o.Ascent.StopGain, o.Ascent.Beta2 = m.Objective, m.StopGain, m.Beta2
	o.Grouping, o.NonSpatialTV = ascend.ByUnit, m.NonSpatialTV
	var v *look.Viewer
	count, warned := 0, map[string]bool{}
	err = s.EachWithNet(p.Net, func(d *format.Document) (err error) {
		v, err = look.Read(d, o)
		return err
	}, cli.Handlers{images.Kind: func(d *format.Document) error {
		photos, err := look.Photos(d)
		if err != nil {
			return err
		}
		count += len(photos)
		sized, err := v.Sized(photos[0].Shape())
		if err != nil {
			return err
		}
		if text := v.Model.OtherSize(photos[0].Height, photos[0].Width, "the net"); text != "" && !warned[text] {
			warned[text] = true
			s.Warnf("%s", text)
		}
		return p.pictures(s, sized, photos, m)
	}})
	if err != nil {
		return err
	}
	if err := s.Require(count, "photos"); err != nil {
		return err
	}
	return p.WriteLog(s, o)
}

// pictures makes and writes those of one document's photos, which have the viewer's size.
func (p *FromPhotos) pictures(s *cli.Session, v *look.Viewer, photos []look.Photo, m Method) error {
	items, of, err := p.items(v, photos, m.FromPhoto)
	if err != nil {
		return err
	}
	results, control, err := p.WithControl(v, func(v *look.Viewer) ([]ascend.Result, error) {
		return v.MakeOctaves(items, m.Octaves, m.OctaveScale)
	})
	if err != nil {
		return err
	}
	w, err := v.NewWriter(s.Write, s.Warnf)
	if err != nil {
		return err
	}
	for i, item := range items {
		photo := &photos[of[i]]
		source := format.Of(images.SourceTensor, photo.Shape(), photo.Pixels)
		if p.Photo && (i == 0 || of[i] != of[i-1]) {
			if err := w.Photo(photo, source); err != nil {
				return err
			}
		}
		write := func(r ascend.Result, more func(it images.Item)) error {
			it, label, err := v.Describe(item, r)
			if err != nil {
				return err
			}
			if err := v.Compare(it, r, photo, m.Measures); err != nil {
				return err
			}
			if photo.Class != "" {
				it[images.KeyClass] = photo.Class
				label = photo.Label(v.Model.Classes)
			}
			more(it)
			return w.Picture(r, it, label, source)
		}
		err := write(results[i], func(it images.Item) {
			if between, ok := v.ErrorBetween(item.Unit, results[i]); ok {
				it[images.KeyErrorBetween] = between
			}
		})
		if err != nil {
			return err
		}
		if control != nil {
			if err := write(control[i], func(it images.Item) { it[images.KeyRandomized] = p.Randomize }); err != nil {
				return err
			}
		}
	}
	return w.Flush()
}

// items are every photo with every layer and seed; of says which photo each is made of.
func (p *FromPhotos) items(v *look.Viewer, photos []look.Photo, fromPhoto bool) (items []ascend.Item, of []int, err error) {
	layers := p.Layer
	if len(layers) == 0 {
		if layers, err = v.Model.Stages(); err != nil {
			return nil, nil, err
		}
	} else if layers, err = objective.Ranges(layers, v.Model); err != nil {
		return nil, nil, err
	}
	var units []objective.Unit
	for _, text := range layers {
		u, err := objective.Parse(text, v.Model)
		if err != nil {
			return nil, nil, err
		}
		if len(u.Terms) != 1 || u.Terms[0].Weight != 1 || u.Terms[0].Direction.Kind != "" {
			return nil, nil, errs.Usagef("--layer %s: one layer, or one channel or position of it, not a sum", text)
		}
		units = append(units, u)
	}
	for i := range photos {
		for _, u := range units {
			for k := range p.Seeds {
				item := ascend.Item{
					Name: photos[i].Name(), Unit: u, Group: len(items) / p.Seeds, Restart: k, Target: photos[i].Pixels,
					Keys: []uint64{random.Key(photos[i].Name()), random.Key(u.Key), uint64(k)},
				}
				if fromPhoto {
					item.Start = item.Target
				}
				items, of = append(items, item), append(of, i)
			}
		}
	}
	return items, of, nil
}

// WithControl makes pictures, and with --randomize-weights those of the net with random weights.
func (f *Flags) WithControl(v *look.Viewer, make func(*look.Viewer) ([]ascend.Result, error)) (results, control []ascend.Result, err error) {
	if results, err = make(v); err != nil || len(f.Randomize) == 0 {
		return results, nil, err
	}
	random, err := v.Randomized(f.Randomize)
	if err != nil {
		return nil, nil, fmt.Errorf("--randomize-weights: %w", err)
	}
	control, err = make(random)
	return results, control, err
}
