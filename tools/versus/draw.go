package main

import (
	"fmt"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"herbarium/internal/report"
)

// panels draws accuracy against eps, from that of the test clean on: a panel for each test that has several eps, a line
// for each net.
func panels(rows []row) ([]*plot.Plot, error) {
	colours := map[string]int{}
	byTest, tests := map[string][]row{}, []string{}
	for _, r := range rows {
		if _, ok := colours[r.Net]; !ok {
			colours[r.Net] = len(colours)
		}
		if byTest[r.Test] == nil {
			tests = append(tests, r.Test)
		}
		byTest[r.Test] = append(byTest[r.Test], r)
	}
	var out []*plot.Plot
	for _, name := range tests {
		part := byTest[name]
		first, last := part[0], part[len(part)-1]
		if first.Eps == nil || *first.Eps == *last.Eps {
			continue
		}
		p := plot.New()
		p.Title.Text, p.X.Label.Text, p.Y.Label.Text = name, "eps", "right, %"
		scale := 1.0
		if *last.Eps < 0.1 {
			scale, p.X.Label.Text = 255, "eps in 255ths"
		}
		p.Y.Min, p.Y.Max = 0, 100
		p.Add(plotter.NewGrid())
		p.Legend.Top = true
		for _, r := range part {
			if *r.Eps != *first.Eps {
				break
			}
			if err := report.AddCurve(p, colours[r.Net], r.Net, curve(byTest[clean], part, r.Net, scale)); err != nil {
				return nil, err
			}
		}
		out = append(out, p)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("--plot: no test has several eps")
	}
	return out, nil
}

// curve are the points of one net.
func curve(clean, attacked []row, net string, scale float64) report.Points {
	var points report.Points
	for _, r := range clean {
		if r.Net == net && r.Eps == nil {
			points.Add(0, r.Accuracy.Value, r.Accuracy.Interval)
		}
	}
	for _, r := range attacked {
		if r.Net == net {
			points.Add(scale**r.Eps, r.Accuracy.Value, r.Accuracy.Interval)
		}
	}
	return points
}
