package robustness

import (
	"fmt"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"herbarium/internal/report"
)

// PlotCurves draws accuracy against eps with 95% intervals, a line for each net.
func PlotCurves(all []*Result) (*plot.Plot, error) {
	p := plot.New()
	p.X.Label.Text = "eps (" + all[0].Norm + ")"
	if all[0].Norm == "linf" {
		p.X.Label.Text = "eps in 255ths (linf)"
	}
	p.Y.Label.Text = "withstand, %"
	p.Y.Min, p.Y.Max = 0, 100
	p.Add(plotter.NewGrid())
	var lines []*Result
	for _, r := range all {
		lines = append(lines, r)
		if r.Compare != nil {
			lines = append(lines, r.Compare.Other)
		}
	}
	for i, r := range lines {
		name := ""
		if len(lines) > 1 {
			name = fmt.Sprintf("%d: %s", i+1, r.Net)
		}
		if err := report.AddCurve(p, i, name, curvePoints(r)); err != nil {
			return nil, err
		}
	}
	p.Legend.Top = true
	return p, nil
}

// curvePoints are the shares that withstand, from eps 0 on.
func curvePoints(r *Result) report.Points {
	scale := 1.0
	if r.Norm == "linf" {
		scale = 255
	}
	var c report.Points
	c.Add(0, r.Clean.Share, r.Clean.Interval)
	for _, p := range r.Curve {
		if p.Eps > 0 {
			c.Add(scale*p.Eps, p.Robust.Share, p.Robust.Interval)
		}
	}
	return c
}
