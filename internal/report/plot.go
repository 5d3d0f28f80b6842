package report

import (
	"image/color"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"herbarium/internal/cli"
	"herbarium/internal/measure"
)

// CheckPlot refuses names of files, "" for none, that no plot can be written to.
func CheckPlot(flag, path string) error {
	if path != "" && !slices.Contains([]string{"png", "svg", "pdf"}, extension(path)) {
		return cli.UsageErrorf("%s %s: the name must end in .png, .svg or .pdf", flag, path)
	}
	return nil
}

func extension(path string) string {
	return strings.TrimPrefix(strings.ToLower(filepath.Ext(path)), ".")
}

// Colour is the i-th of colours that are told apart by people with any kind of colour vision (Okabe and Ito 2008).
func Colour(i int) color.Color {
	return []color.Color{color.RGBA{0, 114, 178, 255}, color.RGBA{213, 94, 0, 255}, color.RGBA{0, 158, 115, 255}, color.RGBA{204, 121, 167, 255}}[i%4]
}

// Points are shares of images, in percent, with their 95% intervals as error bars.
type Points struct {
	plotter.XYs
	plotter.YErrors
}

// Add adds the share at x.
func (p *Points) Add(x float64, s *measure.Share) {
	p.XYs = append(p.XYs, plotter.XY{X: x, Y: 100 * s.Share})
	p.YErrors = append(p.YErrors, struct{ Low, High float64 }{100 * math.Max(0, s.Share-s.Interval[0]), 100 * math.Max(0, s.Interval[1]-s.Share)})
}

// SavePlot writes a plot in the format that the file's name asks for.
func SavePlot(s *cli.Session, path string, p *plot.Plot) error {
	return s.WriteFile(path, func(w io.Writer) error {
		to, err := p.WriterTo(14*vg.Centimeter, 10*vg.Centimeter, extension(path))
		if err == nil {
			_, err = to.WriteTo(w)
		}
		return err
	})
}
