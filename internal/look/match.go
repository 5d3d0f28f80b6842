package look

import (
	"cmp"
	"maps"
	"slices"

	"herbarium/format"
	"herbarium/internal/ascend"
	"herbarium/internal/cli"
	"herbarium/internal/graph"
	"herbarium/internal/images"
	"herbarium/internal/objective"
	"herbarium/internal/random"
	"herbarium/internal/stats"
)

// Match holds the flags of tools that make pictures of photos, and runs them.
type Match struct {
	Layer []string `sep:"none" placeholder:"LAYER" help:"What to look at: LAYER[:CHANNEL][@Y,X]; may be repeated. By default every stage of the net, and the logits."`
	Seeds int      `default:"1" placeholder:"K" help:"Pictures for each photo and layer, from different random numbers (1)."`
	Photo bool     `help:"Also write each photo, before its pictures."`
}

// Run makes pictures of all photos that come, each at the photo's own size.
func (m *Match) Run(s *cli.Session, f *Flags, compute *cli.Compute, from cli.Net, o Options) error {
	if m.Seeds < 1 {
		return cli.UsageErrorf("--seeds must be at least 1")
	}
	lens, err := f.Open(s, compute)
	if err != nil {
		return err
	}
	var v *Viewer
	count := 0
	err = s.EachWithNet(from, func(d *format.Document) (err error) {
		v, err = lens.On(d)
		return err
	}, cli.Handlers{images.Kind: func(d *format.Document) error {
		photos, err := Photos(d)
		if err != nil {
			return err
		}
		count += len(photos)
		return m.pictures(s, v, photos, o)
	}})
	if err != nil {
		return err
	}
	if err := s.Require(count, "photos"); err != nil {
		return err
	}
	return lens.Close(s)
}

// layers are those asked for, or the stages in the order of the net.
func (m *Match) layers(model *graph.Net) []string {
	if len(m.Layer) > 0 {
		return m.Layer
	}
	position := map[string]int{}
	for i, node := range model.Graph.Nodes {
		position[node.Name] = i
	}
	return slices.SortedFunc(maps.Keys(model.Graph.Aliases), func(a, b string) int {
		return cmp.Compare(position[model.Graph.Aliases[a]], position[model.Graph.Aliases[b]])
	})
}

// pictures makes and writes those of one document's photos, which have one size.
func (m *Match) pictures(s *cli.Session, v *Viewer, photos []Photo, o Options) error {
	v, err := v.Sized(photos[0].Height, photos[0].Width)
	if err != nil {
		return err
	}
	items, of, err := m.items(v, photos)
	if err != nil {
		return err
	}
	results, err := v.octaves(s, items, o)
	if err != nil {
		return err
	}
	var control []ascend.Result
	if len(v.flags.Randomize) > 0 {
		random, err := v.Randomized()
		if err != nil {
			return err
		}
		if control, err = random.octaves(s, items, o); err != nil {
			return err
		}
	}
	w, err := v.Writer(s)
	if err != nil {
		return err
	}
	for i, item := range items {
		photo := &photos[of[i]]
		source := format.Of("source", []int{3, photo.Height, photo.Width}, photo.Pixels)
		if m.Photo && (i == 0 || of[i] != of[i-1]) {
			if err := w.Photo(photo, source); err != nil {
				return err
			}
		}
		write := func(r ascend.Result, control []string) error {
			it, label := v.Describe(item, r)
			v.Compare(it, r, photo, o.Measures)
			if between, ok := v.between(item.Unit, r); ok && control == nil {
				it["error_between"] = between
			}
			if photo.Class != "" {
				it["class"] = photo.Class
				label = photo.label(v.Model.Classes)
			}
			if control != nil {
				it["randomized"] = control
			}
			return w.Picture(r, it, label, source)
		}
		if err := write(results[i], nil); err != nil {
			return err
		}
		if control != nil {
			if err := write(control[i], v.flags.Randomize); err != nil {
				return err
			}
		}
	}
	return w.Flush()
}

// items are every photo with every layer and seed; of says which photo each is made of.
func (m *Match) items(v *Viewer, photos []Photo) (items []ascend.Item, of []int, err error) {
	var units []objective.Unit
	for _, text := range m.layers(v.Model) {
		u, err := objective.Parse(text, v.Model)
		if err != nil {
			return nil, nil, err
		}
		if len(u.Terms) != 1 || u.Terms[0].Weight != 1 || u.Terms[0].Direction.Kind != "" {
			return nil, nil, cli.UsageErrorf("--layer %s: one layer, or one channel or position of it, not a sum", text)
		}
		units = append(units, u)
	}
	for i := range photos {
		for _, u := range units {
			for k := range m.Seeds {
				items = append(items, ascend.Item{
					Name: photos[i].Name(), Unit: u, Group: len(items) / m.Seeds, Restart: k, Target: photos[i].Pixels,
					Keys: []uint64{random.Key(photos[i].Name()), random.Key(u.Text), uint64(k)},
				})
				of = append(of, i)
			}
		}
	}
	return items, of, nil
}

// between is |f - f0| over the mean distance between the activations of different training photos, if the net knows it.
func (v *Viewer) between(u objective.Unit, r ascend.Result) (float64, bool) {
	distance, err := stat(v.Model, "apart."+u.Terms[0].Node)
	length, ok := r.Measures["norm"]
	if err != nil || len(distance) != 1 || !ok || u.Terms[0].Channel >= 0 || u.Terms[0].At || !(distance[0] > 0) {
		return 0, false
	}
	return stats.Round(r.Measures["error"] * length / float64(distance[0])), true
}
