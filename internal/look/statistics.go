package look

import (
	"fmt"
	"slices"

	"herbarium/format"
	"herbarium/internal/canvas"
	"herbarium/internal/graph"
)

// photoStatistics are what a canvas takes from the statistics of training photos that a net carries; ImageNet's colors
// where it carries none.
func photoStatistics(model *graph.Net) (canvas.Statistics, error) {
	in := model.Input
	if err := model.CheckImages(); err != nil {
		return canvas.Statistics{}, err
	}
	out := canvas.Statistics{Color: canvas.DefaultColor(in[0])}
	covariance, err := statistic(model, graph.StatColorCovariance)
	if err != nil {
		return out, err
	}
	if covariance != nil {
		wide := make([]float64, len(covariance))
		for i, v := range covariance {
			wide[i] = float64(v)
		}
		if out.Color, err = canvas.NewColor(wide, in[0]); err != nil {
			return out, err
		}
	}
	if t, ok := model.Stats[graph.StatSpectrum]; ok && slices.Equal(t.Shape, []int{in[0], in[1], in[2]/2 + 1}) {
		if out.Spectrum, err = format.Float32s(&t); err != nil {
			return out, err
		}
		out.SpectrumHeight, out.SpectrumWidth = in[1], in[2]
	}
	return out, nil
}

// statistic is one of the net's statistics of photos, by its key without "stat."; nil if the net has none of that name.
func statistic(model *graph.Net, name string) ([]float32, error) {
	t, ok := model.Stats[name]
	if !ok {
		return nil, nil
	}
	return format.Float32s(&t)
}

// floats are a tensor's values, of which there must be n.
func floats(t *format.Tensor, n int) ([]float32, error) {
	v, err := format.Float32s(t)
	if err == nil && len(v) != n {
		err = fmt.Errorf("%d values, not %d", len(v), n)
	}
	return v, err
}
