package main

import (
	"image/color"
	"io"
	"math"
	"path/filepath"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"herbarium/internal/measure"
)

// plotAnytime draws accuracy with its 95% interval against mean multiply-adds: as the threshold rises (a line), and of
// each head for all images (squares).
func plotAnytime(w io.Writer, name string, all []summary) error {
	p := plot.New()
	p.X.Label.Text = "multiply-adds of an image, millions"
	p.Y.Label.Text = "right, %"
	p.Add(plotter.NewGrid())
	p.X.Min = 0
	// Told apart by people with any kind of colour vision (Okabe and Ito 2008).
	palette := []color.Color{color.RGBA{0, 114, 178, 255}, color.RGBA{213, 94, 0, 255}, color.RGBA{0, 158, 115, 255}, color.RGBA{204, 121, 167, 255}}
	for i, s := range all {
		if s.Exit == nil || s.Exit.Saved == nil {
			continue
		}
		var curve, heads points
		for _, a := range s.Exit.Anytime {
			curve.add(a.MACs, a.Accuracy)
		}
		for _, h := range s.Exit.Heads {
			heads.add(float64(h.MACs), h.Alone)
		}
		line, err := plotter.NewLine(curve)
		if err != nil {
			return err
		}
		bars, err := plotter.NewYErrorBars(curve)
		if err != nil {
			return err
		}
		squares, err := plotter.NewScatter(heads)
		if err != nil {
			return err
		}
		c := palette[i%len(palette)]
		line.Color, bars.Color, squares.Color, squares.Shape = c, c, c, draw.BoxGlyph{}
		squares.Radius = vg.Points(3)
		p.Add(line, bars, squares)
		p.Legend.Add("by threshold: "+s.Net, line)
		p.Legend.Add("one head for all", squares)
	}
	p.Y.Min -= 0.2 * (p.Y.Max - p.Y.Min) // room for the legend
	to, err := p.WriterTo(14*vg.Centimeter, 10*vg.Centimeter, strings.TrimPrefix(strings.ToLower(filepath.Ext(name)), "."))
	if err != nil {
		return err
	}
	_, err = to.WriteTo(w)
	return err
}

// points are accuracies in percent with error bars.
type points struct {
	plotter.XYs
	plotter.YErrors
}

func (p *points) add(macs float64, s *measure.Share) {
	p.XYs = append(p.XYs, plotter.XY{X: macs / 1e6, Y: 100 * s.Share})
	p.YErrors = append(p.YErrors, struct{ Low, High float64 }{100 * math.Max(0, s.Share-s.Interval[0]), 100 * math.Max(0, s.Interval[1]-s.Share)})
}
