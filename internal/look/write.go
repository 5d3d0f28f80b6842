package look

import (
	"herbarium/format"
	"herbarium/internal/ascend"
	"herbarium/internal/images"
	"herbarium/internal/stats"
)

// Writer collects pictures of one size that a viewer has made into documents.
type Writer struct {
	*images.Writer
	viewer *Viewer
	warnf  func(layout string, args ...any)
}

// NewWriter hands documents to emit and warnings to warnf; flush it at the end.
func (v *Viewer) NewWriter(emit func(*format.Document) error, warnf func(layout string, args ...any)) (*Writer, error) {
	w := &Writer{images.NewWriter(emit), v, warnf}
	return w, w.SetClasses(v.Model.Classes)
}

// Picture adds a result's snapshots and then its picture, with the item that describes it. Extra tensors go with each.
func (w *Writer) Picture(r ascend.Result, item images.Item, label int, extra ...format.Tensor) error {
	if text := item.Text(images.KeyWarning); text != "" {
		w.warnf("%s, unit %s, restart %v: %s", item.Name(), item.Text(images.KeyUnit), item[images.KeyRestart], text)
	}
	in := w.viewer.Model.Input
	p := images.Picture{Height: in[1], Width: in[2], Label: label, Extra: extra}
	if r.Alpha != nil {
		p.Extra = append(p.Extra, format.Of(images.AlphaTensor, []int{in[1], in[2]}, r.Alpha))
	}
	for _, shot := range r.Snapshots {
		p.U8, p.Item = shot.Pixels, images.Item{images.KeyName: item[images.KeyName], images.KeyUnit: item[images.KeyUnit],
			images.KeyRestart: item[images.KeyRestart], images.KeyStep: shot.Step,
			images.KeyStart: stats.Round(r.Start), images.KeyEnd: stats.Round(shot.Objective)}
		if err := w.Add(p); err != nil {
			return err
		}
	}
	p.U8, p.Item = r.Pixels, item
	return w.Add(p)
}

// Photo adds a photo as it came, among the pictures that were made of it.
func (w *Writer) Photo(p *Photo, extra ...format.Tensor) error {
	return w.Add(images.Picture{Height: p.Height, Width: p.Width, U8: p.bytes(), Label: p.Label(w.viewer.Model.Classes), Item: p.Item, Extra: extra})
}
