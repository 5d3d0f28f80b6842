package look

import (
	"math"

	"herbarium/internal/images"
	"herbarium/internal/objective"
	"herbarium/internal/stats"
)

// Exemplars adds the photos that excite a unit most, best first, each cut to the unit's receptive field at the position
// where its activation is largest, and enlarged to the size of the pictures.
func (w *Writer) Exemplars(g *Survey, u objective.Unit) error {
	in := g.viewer.Model.Input
	values, err := g.viewer.Model.Graph.Values(in)
	if err != nil {
		return err
	}
	for i, e := range g.best[u.Text] {
		top, left, bottom, right := g.patch(u.Terms[0], e)
		item := images.Item{images.KeyUnit: u.Text, images.KeyExemplar: i + 1, images.KeyValue: stats.Round(e.value),
			images.KeyMeasured: u.Measured(values),
			images.KeyPatch:    []int{top, left, bottom, right}}
		if name := e.photo.Item.Name(); name != "" {
			item[images.KeyName] = name
		}
		if e.photo.Class != "" {
			item[images.KeyClass] = e.photo.Class
		}
		if largest, ok := largestOnData(g.viewer.Model, u); ok && largest > 0 {
			item[images.KeyTimesMax] = stats.Round(e.value / largest)
		}
		cut := make([]float32, 0, in[0]*(bottom-top)*(right-left))
		for c := range in[0] {
			for y := top; y < bottom; y++ {
				row := (c*in[1] + y) * in[2]
				cut = append(cut, e.photo.Pixels[row+left:row+right]...)
			}
		}
		p := Photo{Height: in[1], Width: in[2], Pixels: resized(cut, bottom-top, right-left, in[1], in[2])}
		err := w.Add(images.Picture{Height: in[1], Width: in[2], U8: p.bytes(), Label: e.photo.Label(g.viewer.Model.Classes), Item: item})
		if err != nil {
			return err
		}
	}
	return nil
}

// patch is the receptive field of the exemplar's position, within the photo: rows from top to before bottom, columns from
// left to before right.
func (g *Survey) patch(t objective.Term, e exemplar) (top, left, bottom, right int) {
	in, row := g.viewer.Model.Input, g.rows[t.Node]
	if row.Whole || t.Prefix {
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
