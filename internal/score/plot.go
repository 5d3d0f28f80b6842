package score

import (
	"fmt"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"herbarium/internal/report"
)

// PlotAnytime draws accuracy with its 95% interval against mean multiply-adds: as the threshold rises (a line), and of
// each head for all images (squares). The nets are called by the file that they come from, "" for a pipe.
func PlotAnytime(all []Summary, file string) (*plot.Plot, error) {
	p := plot.New()
	p.Title.Text = "Accuracy against cost, with early exits"
	p.X.Label.Text = "multiply-adds of an image, millions"
	p.Y.Label.Text = "right, %"
	p.Add(plotter.NewGrid())
	p.X.Min = 0
	for i, s := range all {
		if s.Exit.Anytime[0].Accuracy == nil {
			return nil, fmt.Errorf("no labeled images for --exit-plot to draw the accuracy of")
		}
		curve, heads := s.Exit.points()
		line, err := plotter.NewLine(curve)
		if err != nil {
			return nil, err
		}
		bars, err := plotter.NewYErrorBars(curve)
		if err != nil {
			return nil, err
		}
		squares, err := plotter.NewScatter(heads)
		if err != nil {
			return nil, err
		}
		c := report.Color(i)
		line.Color, bars.Color, squares.Color, squares.Shape = c, c, c, draw.BoxGlyph{}
		squares.Radius = vg.Points(3)
		p.Add(line, bars, squares)
		name := report.NetName(file, s.Net)
		p.Legend.Add(name+", by threshold", line)
		p.Legend.Add(name+", one head for all", squares)
	}
	return p, nil
}

// points are the accuracies by threshold, and those of each head for all images, at millions of multiply-adds.
func (e *ExitSummary) points() (curve, heads report.Points) {
	for _, a := range e.Anytime {
		curve.Add(a.MACs/1e6, a.Accuracy.Share, a.Accuracy.Interval)
	}
	for _, h := range e.Heads {
		heads.Add(float64(h.MACs)/1e6, h.Alone.Share, h.Alone.Interval)
	}
	return curve, heads
}
