package main

import (
	"fmt"
	"image/color"
	"io"
	"math"
	"path/filepath"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// plotCurves draws accuracy against eps with 95% intervals, a line for each net.
func plotCurves(w io.Writer, name string, all []result) error {
	p := plot.New()
	p.X.Label.Text = "eps (" + all[0].Norm + ")"
	if all[0].Norm == "linf" {
		p.X.Label.Text = "eps in 255ths (linf)"
	}
	p.Y.Label.Text = "withstand, %"
	p.Y.Min, p.Y.Max = 0, 100
	p.Add(plotter.NewGrid())
	var lines []result
	for _, r := range all {
		lines = append(lines, r)
		if r.Compare != nil {
			lines = append(lines, r.Compare.Other)
		}
	}
	for i, r := range lines {
		points := curvePoints(r)
		line, dots, err := plotter.NewLinePoints(points)
		if err != nil {
			return err
		}
		bars, err := plotter.NewYErrorBars(points)
		if err != nil {
			return err
		}
		line.Color = palette[i%len(palette)]
		dots.Color, bars.Color = line.Color, line.Color
		p.Add(line, dots, bars)
		if len(lines) > 1 {
			p.Legend.Add(fmt.Sprintf("%d: %s", i+1, r.Net), line)
		}
	}
	p.Legend.Top = true
	to, err := p.WriterTo(14*vg.Centimeter, 10*vg.Centimeter, strings.TrimPrefix(filepath.Ext(name), "."))
	if err != nil {
		return err
	}
	_, err = to.WriteTo(w)
	return err
}

// palette are colours that are told apart by people with any kind of colour vision (Okabe and Ito 2008).
var palette = [...]color.Color{color.RGBA{0, 114, 178, 255}, color.RGBA{213, 94, 0, 255}, color.RGBA{0, 158, 115, 255}, color.RGBA{204, 121, 167, 255}}

// curve is a result as points with error bars, in percent.
type curve struct {
	plotter.XYs
	plotter.YErrors
}

func curvePoints(r result) curve {
	var c curve
	add := func(eps float64, share float64, interval [2]float64) {
		if r.Norm == "linf" {
			eps *= 255
		}
		c.XYs = append(c.XYs, plotter.XY{X: eps, Y: 100 * share})
		c.YErrors = append(c.YErrors, struct{ Low, High float64 }{100 * math.Max(0, share-interval[0]), 100 * math.Max(0, interval[1]-share)})
	}
	add(0, r.Clean.Share, r.Clean.Interval)
	for _, p := range r.Curve {
		if p.Eps > 0 {
			add(p.Eps, p.Robust.Share, p.Robust.Interval)
		}
	}
	return c
}
