package look

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"herbarium/internal/errs"
	"herbarium/internal/graph"
	"herbarium/internal/images"
	"herbarium/internal/measure"
	"herbarium/internal/net"
	"herbarium/internal/objective"
	"herbarium/internal/torch"
)

// Survey runs a net on photos, to find which of them excite units most, and the mean activations of each class.
type Survey struct {
	viewer *Viewer
	net    *net.Net
	units  []objective.Unit
	nodes  []string // layers of the units
	k      int      // exemplars of each unit
	rows   map[string]graph.Row
	photos int
	best   map[string][]exemplar // by the unit's text, best first
	total  map[string]float64    // sum over photos of the unit's value
	count  map[string]int        // photos of each class
	sums   map[layerClass][]float64
}

// layerClass is where spatial means [C] of photos are summed.
type layerClass struct{ node, class string }

// exemplar is a photo and the position in the layer's map at which the unit's activation is largest.
type exemplar struct {
	photo Photo
	value float64
	y, x  int
}

// surveyBatch is how many photos the net is run on at once.
const surveyBatch = 32

// NewSurvey is a survey that keeps the k photos that excite each unit most. Close it when all photos were added: what it
// found stays.
func (v *Viewer) NewSurvey(units []objective.Unit, k int) (*Survey, error) {
	g := &Survey{viewer: v, nodes: objective.Nodes(units), k: k, rows: map[string]graph.Row{}, best: map[string][]exemplar{},
		total: map[string]float64{}, count: map[string]int{}, sums: map[layerClass][]float64{}}
	for _, u := range units { // a unit that is named twice is counted once
		if !slices.ContainsFunc(g.units, func(o objective.Unit) bool { return o.Text == u.Text }) {
			g.units = append(g.units, u)
		}
	}
	rows, err := v.Model.Graph.Table(v.Model.Input)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		g.rows[row.Name] = row
	}
	g.net, err = net.View(v.Model, g.nodes, v.options.Net)
	return g, err
}

// Close frees the net.
func (g *Survey) Close() { g.net.Close() }

// Len is the number of photos so far.
func (g *Survey) Len() int { return g.photos }

// Add runs the net on photos, which have one size, that of the viewer's pictures.
func (g *Survey) Add(photos []Photo) error {
	in := g.viewer.Model.Input
	if err := images.CheckColors(photos[0].Shape()[0], in[0]); err != nil {
		return err
	}
	if photos[0].Height != in[1] || photos[0].Width != in[2] {
		return errs.Hint(fmt.Errorf("photos of %dx%d, but pictures of %dx%d are drawn", photos[0].Height, photos[0].Width, in[1], in[2]),
			"ingest --for NET prepares photos")
	}
	g.photos += len(photos)
	for part := range slices.Chunk(photos, surveyBatch) {
		if err := torch.Do(func(s *torch.Scope) error { return g.batch(s, part) }); err != nil {
			return err
		}
	}
	return nil
}

// batch runs the net on one batch of photos.
func (g *Survey) batch(s *torch.Scope, photos []Photo) error {
	pixels := make([][]float32, len(photos))
	for i := range photos {
		pixels[i] = photos[i].Pixels
		g.count[photos[i].Class]++
	}
	x := g.net.Images(s, photos[0].Height, photos[0].Width, pixels...)
	activations, err := g.net.Forward(s, x, net.Pass{Want: g.nodes, Maps: true})
	if err != nil {
		return err
	}
	g.addMeans(s, photos, activations)
	for _, u := range g.units {
		if len(u.Directions()) > 0 {
			continue // a direction may be a mean of the photos, which is not known before all of them were added
		}
		if err := g.rank(s, photos, activations, u); err != nil {
			return err
		}
	}
	return nil
}

// addMeans adds the photos' spatial means to those of their classes.
func (g *Survey) addMeans(s *torch.Scope, photos []Photo, activations map[string]torch.Tensor) {
	for _, node := range g.nodes {
		mean := s.Mean(activations[node], 2, 3)
		values, channels := torch.Read[float32](s, mean), mean.Shape()[1]
		for i := range photos {
			at := layerClass{node, photos[i].Class}
			if g.sums[at] == nil {
				g.sums[at] = make([]float64, channels)
			}
			for c, v := range values[i*channels : (i+1)*channels] {
				g.sums[at][c] += float64(v)
			}
		}
	}
}

// rank puts the photos among those that excite a unit most.
func (g *Survey) rank(s *torch.Scope, photos []Photo, activations map[string]torch.Tensor, u objective.Unit) error {
	same := slices.Repeat([]objective.Unit{u}, len(photos))
	values := torch.Read[float32](s, objective.NewBatch(s, same, g.net.Device()).Value(s, activations))
	for i, v := range values {
		if !measure.Finite(values[i : i+1]) {
			return fmt.Errorf("%s: the activation of unit %s is %v", photos[i].Name(), u.Text, v)
		}
		g.total[u.Text] += float64(v)
		best := g.best[u.Text]
		if g.k == 0 || len(best) == g.k && float64(v) <= best[g.k-1].value {
			continue
		}
		e := exemplar{photo: photos[i], value: float64(v)}
		e.y, e.x = peak(s, activations, u, i)
		at, _ := slices.BinarySearchFunc(best, e, func(a, b exemplar) int { // after equal ones: the first photo stays first
			return cmp.Or(cmp.Compare(b.value, a.value), -1)
		})
		best = slices.Insert(best, at, e)
		g.best[u.Text] = best[:min(len(best), g.k)]
	}
	return nil
}

// peak is the position at which the first term of a unit, with its sign, is largest for photo i.
func peak(s *torch.Scope, activations map[string]torch.Tensor, u objective.Unit, i int) (y, x int) {
	t := u.Terms[0]
	a := activations[t.Node]
	shape := a.Shape()
	if t.At { // a prefix token sees the whole photo
		return t.Y, t.X
	}
	one := s.Narrow(a, 0, i, 1)
	if t.Channel >= 0 {
		one = s.Narrow(one, 1, t.Channel, 1)
	} else {
		one = s.SumKeep(s.Mul(one, one), 1)
	}
	if t.Weight < 0 {
		one = s.Neg(one)
	}
	at := int(s.Number(s.ArgMax(s.Reshape(one, 1, -1), 1)))
	return at / shape[3], at % shape[3]
}

// Mean is the mean activation [C] of a class's photos at a layer, over positions and photos.
func (g *Survey) Mean(node, class string) ([]float64, error) {
	classes := slices.DeleteFunc(slices.Sorted(maps.Keys(g.count)), func(name string) bool { return name == "" })
	at, err := images.ClassOf(classes, class, "the stream of photos")
	if err != nil {
		return nil, err
	}
	class = classes[at]
	sum := g.sums[layerClass{node, class}]
	out := make([]float64, len(sum))
	for c, v := range sum {
		out[c] = v / float64(g.count[class])
	}
	return out, nil
}

// Top keeps the units before first, and of the others the k in each layer that the photos excite most: by the mean value
// over the photos, as a share of the largest on training photos where the net carries that.
func (g *Survey) Top(units []objective.Unit, first, k int) []objective.Unit {
	out := slices.Clone(units[:first])
	for _, node := range objective.Nodes(units[first:]) {
		var layer []objective.Unit
		for _, u := range units[first:] {
			if u.Terms[0].Node == node {
				layer = append(layer, u)
			}
		}
		score := func(u objective.Unit) float64 {
			if largest, ok := largestOnData(g.viewer.Model, u); ok && largest > 0 {
				return g.total[u.Text] / largest
			}
			return g.total[u.Text]
		}
		slices.SortStableFunc(layer, func(a, b objective.Unit) int { return cmp.Compare(score(b), score(a)) })
		out = append(out, layer[:min(k, len(layer))]...)
	}
	return out
}
