package look

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"herbarium/format"
	"herbarium/internal/cli"
	"herbarium/internal/graph"
	"herbarium/internal/images"
	"herbarium/internal/net"
	"herbarium/internal/objective"
	"herbarium/internal/stats"
	"herbarium/internal/torch"
)

// Gallery is what photos say of units: which excite each most, and the mean activation of each class.
type Gallery struct {
	viewer *Viewer
	rows   map[string]graph.Row
	best   map[string][]exemplar // by the unit's text, best first
	total  map[string]float64    // sum over photos of the unit's value
	count  map[string]int        // photos of each class
	sums   map[string][]float64  // by layer and class: sum of the spatial means [C]
}

// exemplar is a photo and where in the layer's map the unit answered most.
type exemplar struct {
	photo Photo
	value float64
	y, x  int
}

// surveyBatch is how many photos are looked at together.
const surveyBatch = 32

// Survey looks at the photos in a file once, keeping the k that excite each unit most.
func (v *Viewer) Survey(s *cli.Session, path string, units []objective.Unit, k int) (*Gallery, error) {
	g := &Gallery{viewer: v, rows: map[string]graph.Row{}, best: map[string][]exemplar{}, total: map[string]float64{},
		count: map[string]int{}, sums: map[string][]float64{}}
	rows, err := v.Model.Graph.Table(v.Model.Input)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		g.rows[row.Name] = row
	}
	nodes := objective.Nodes(units)
	n, err := net.View(v.Model, nodes, net.Options{Device: v.device, DType: v.dtype})
	if err != nil {
		return nil, err
	}
	defer n.Close()
	seen := 0
	err = s.ReadFile(path, cli.Handlers{images.Kind: func(d *format.Document) error {
		photos, err := Photos(d)
		if err != nil {
			return err
		}
		if photos[0].Height != v.Model.Input[1] || photos[0].Width != v.Model.Input[2] {
			return cli.Hint(fmt.Errorf("photos of %dx%d, but pictures of %dx%d are drawn", photos[0].Height, photos[0].Width, v.Model.Input[1], v.Model.Input[2]),
				"ingest --for NET prepares photos")
		}
		seen += len(photos)
		for from := 0; from < len(photos); from += surveyBatch {
			part := photos[from:min(from+surveyBatch, len(photos))]
			if err := torch.Do(func(s *torch.Scope) error { return g.look(s, n, part, nodes, units, k) }); err != nil {
				return err
			}
		}
		return nil
	}})
	if err == nil && seen == 0 {
		err = fmt.Errorf("%s holds no photos", path)
	}
	return g, err
}

// look runs one batch of photos.
func (g *Gallery) look(s *torch.Scope, n *net.Net, photos []Photo, nodes []string, units []objective.Unit, k int) error {
	var pixels []float32
	for i := range photos {
		pixels = append(pixels, photos[i].Pixels...)
	}
	x := s.To(torch.From(s, []int{len(photos), 3, photos[0].Height, photos[0].Width}, pixels), n.Device())
	activations, err := n.Forward(s, x, net.Pass{Want: nodes, Maps: true})
	if err != nil {
		return err
	}
	for i := range photos {
		g.count[photos[i].Class]++
	}
	for _, node := range nodes {
		mean := s.Mean(activations[node], 2, 3)
		values, channels := torch.Read[float32](s, mean), mean.Shape()[1]
		for i := range photos {
			sum := g.sums[node+"\x00"+photos[i].Class]
			if sum == nil {
				sum = make([]float64, channels)
				g.sums[node+"\x00"+photos[i].Class] = sum
			}
			for c, v := range values[i*channels : (i+1)*channels] {
				sum[c] += float64(v)
			}
		}
	}
	for _, u := range units {
		if len(u.Directions()) > 0 {
			continue // not known before all photos are
		}
		same := slices.Repeat([]objective.Unit{u}, len(photos))
		values := torch.Read[float32](s, objective.NewBatch(s, same, n.Device()).Value(s, activations))
		for i, v := range values {
			if math.IsNaN(float64(v)) {
				return fmt.Errorf("%s: unit %s answers with a number that is none", photos[i].Name(), u.Text)
			}
			g.total[u.Text] += float64(v)
			best := g.best[u.Text]
			if k == 0 || len(best) == k && float64(v) <= best[k-1].value {
				continue
			}
			e := exemplar{photo: photos[i], value: float64(v)}
			e.y, e.x = peak(s, activations, u, i)
			at, _ := slices.BinarySearchFunc(best, e, func(a, b exemplar) int { // after equal ones: the first photo stays first
				return cmp.Or(cmp.Compare(b.value, a.value), -1)
			})
			best = slices.Insert(best, at, e)
			g.best[u.Text] = best[:min(len(best), k)]
		}
	}
	return nil
}

// peak is where in its map the first term of a unit of item i is largest.
func peak(s *torch.Scope, activations map[string]torch.Tensor, u objective.Unit, i int) (y, x int) {
	t := u.Terms[0]
	a := activations[t.Node]
	shape := a.Shape()
	if t.At {
		return t.Y, t.X
	}
	one := s.Narrow(a, 0, i, 1)
	if t.Channel >= 0 {
		one = s.Narrow(one, 1, t.Channel, 1)
	} else {
		one = s.SumKeep(s.Mul(one, one), 1)
	}
	at := int(s.Number(s.ArgMax(s.Reshape(one, 1, -1), 1)))
	return at / shape[3], at % shape[3]
}

// Mean is the mean activation [C] of a class's photos at a layer, over positions and photos.
func (g *Gallery) Mean(node, class string) ([]float64, error) {
	sum := g.sums[node+"\x00"+class]
	if sum == nil {
		var classes []string
		for name := range g.count {
			if name != "" {
				classes = append(classes, name)
			}
		}
		slices.Sort(classes)
		return nil, fmt.Errorf("no photo of class %q; the photos' classes are %v", class, classes)
	}
	out := make([]float64, len(sum))
	for c, v := range sum {
		out[c] = v / float64(g.count[class])
	}
	return out, nil
}

// Top keeps the units before first, and of those from there on, in each layer, the k that the photos excite most:
// by the mean value over the photos, as a share of the largest on the training photos where the net knows it.
func (g *Gallery) Top(units []objective.Unit, first, k int) []objective.Unit {
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

// Exemplars writes the photos that excite a unit most, each cut to what the unit sees of it where it answers most (its
// receptive field) and enlarged to the size of the pictures.
func (w *Writer) Exemplars(g *Gallery, u objective.Unit) error {
	in := g.viewer.Model.Input
	for i, e := range g.best[u.Text] {
		top, left, bottom, right := g.patch(u.Terms[0], e)
		item := images.Item{"name": e.photo.Item["name"], "unit": u.Text, "exemplar": i + 1, "value": stats.Round(e.value),
			"patch": []int{top, left, bottom, right}}
		if e.photo.Class != "" {
			item["class"] = e.photo.Class
		}
		if largest, ok := largestOnData(g.viewer.Model, u); ok && largest > 0 {
			item["times_max"] = stats.Round(e.value / largest)
		}
		cut := make([]float32, 0, 3*(bottom-top)*(right-left))
		for c := range 3 {
			for y := top; y < bottom; y++ {
				row := (c*in[1] + y) * in[2]
				cut = append(cut, e.photo.Pixels[row+left:row+right]...)
			}
		}
		p := Photo{Height: in[1], Width: in[2], Pixels: resized(cut, bottom-top, right-left, in[1], in[2])}
		err := w.Add(images.Picture{Height: in[1], Width: in[2], U8: p.bytes(), Label: e.photo.label(g.viewer.Model.Classes), Item: item})
		if err != nil {
			return err
		}
	}
	return nil
}

// patch is what a position of a layer sees, within the photo: rows from top to before bottom, columns from left to
// before right, as many of both where the photo allows it.
func (g *Gallery) patch(t objective.Term, e exemplar) (top, left, bottom, right int) {
	in, row := g.viewer.Model.Input, g.rows[t.Node]
	if row.Whole {
		return 0, 0, in[1], in[2]
	}
	side := func(at, axis, size int) (from, to int) {
		start := row.Start[axis] + float64(at)*row.Stride[axis]
		from = min(max(int(math.Round(start)), 0), size-1)
		to = max(min(int(math.Round(start))+row.Field[axis], size), from+1)
		return from, to
	}
	top, bottom = side(e.y, 0, in[1])
	left, right = side(e.x, 1, in[2])
	return top, left, bottom, right
}
