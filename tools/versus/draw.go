package main

import (
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"herbarium/internal/radius"
	"herbarium/internal/report"
)

// panels draws accuracy against eps, from that of the test clean on: a panel for each test that has several eps, a line
// for each net.
func panels(rows []row) ([]*plot.Plot, error) {
	colors := map[string]int{}
	byTest, tests := map[string][]row{}, []string{}
	low, high := 1.0, 0.0
	for _, r := range rows {
		low, high = min(low, r.Accuracy.Interval[0]), max(high, r.Accuracy.Interval[1])
		if _, ok := colors[r.Net]; !ok {
			colors[r.Net] = len(colors)
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
		p.Title.Text, p.X.Label.Text, p.Y.Label.Text = "Accuracy after "+name, "eps", "right, %"
		scale := 1.0
		if strings.HasSuffix(radius.Eps(*last.Eps).String(), "/255") {
			scale, p.X.Label.Text = 255, "eps in 255ths"
		}
		p.Y.Min, p.Y.Max = 10*math.Floor(10*max(0, low)), 10*math.Ceil(10*min(1, high))
		p.Add(plotter.NewGrid())
		for _, r := range part {
			if *r.Eps != *first.Eps {
				break
			}
			beside := (float64(colors[r.Net]) - float64(len(colors)-1)/2) / 100 * *last.Eps // bars do not hide each other
			if err := report.AddCurve(p, colors[r.Net], r.Net, curve(byTest[clean], part, r.Net, scale, beside)); err != nil {
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

// curve are the points of one net, moved aside.
func curve(clean, attacked []row, net string, scale, beside float64) report.Points {
	var points report.Points
	for _, r := range clean {
		if r.Net == net && r.Eps == nil {
			points.Add(scale*beside, r.Accuracy.Value, r.Accuracy.Interval)
		}
	}
	for _, r := range attacked {
		if r.Net == net {
			points.Add(scale*(*r.Eps+beside), r.Accuracy.Value, r.Accuracy.Interval)
		}
	}
	return points
}
