package robustness

import (
	"fmt"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"herbarium/internal/report"
)

// PlotCurves draws accuracy against eps with 95% intervals, a line for each net. The nets are called by the files that they and
// those they are compared with come from, "" for a pipe.
func PlotCurves(all []*Result, file, other string) (*plot.Plot, error) {
	p := plot.New()
	p.Title.Text = "Images that withstand attacks"
	p.X.Label.Text = "eps (" + all[0].Norm + ")"
	if all[0].Norm == "linf" {
		p.X.Label.Text = "eps in 255ths (linf)"
	}
	p.Y.Label.Text = "withstand, %"
	p.Y.Min, p.Y.Max = 0, 100
	p.Add(plotter.NewGrid())
	var lines []*Result
	var names []string
	for _, r := range all {
		lines, names = append(lines, r), append(names, report.NetName(file, r.Net))
		if r.Compare != nil {
			lines, names = append(lines, r.Compare.Other), append(names, report.NetName(other, r.Compare.Other.Net))
		}
	}
	for i, r := range lines {
		name := names[i]
		if len(lines) > 1 {
			name = fmt.Sprintf("%d: %s", i+1, name)
		}
		if err := report.AddCurve(p, i, name, curvePoints(r)); err != nil {
			return nil, err
		}
	}
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
