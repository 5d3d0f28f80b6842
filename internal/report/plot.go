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
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"

	"herbarium/internal/errs"
)

// CheckPlot refuses names of files, "" for none, that no plot can be written to.
func CheckPlot(flag, path string) error {
	if path != "" && !slices.Contains([]string{"png", "svg", "pdf"}, extension(path)) {
		return errs.Usagef("%s %s: the name must end in .png, .svg or .pdf", flag, path)
	}
	return nil
}

func extension(path string) string {
	return strings.TrimPrefix(strings.ToLower(filepath.Ext(path)), ".")
}

// Color is the i-th of colors that are told apart by people with any kind of color vision (Okabe and Ito 2008).
func Color(i int) color.Color {
	colors := []color.RGBA{{0, 114, 178, 255}, {213, 94, 0, 255}, {0, 158, 115, 255}, {204, 121, 167, 255},
		{0, 0, 0, 255}, {230, 159, 0, 255}, {86, 180, 233, 255}, {240, 228, 66, 255}}
	return colors[i%len(colors)]
}

// Points are shares of images, in percent, with their 95% intervals as error bars.
type Points struct {
	plotter.XYs
	plotter.YErrors
}

// Add adds the share at x.
func (p *Points) Add(x, share float64, interval [2]float64) {
	p.XYs = append(p.XYs, plotter.XY{X: x, Y: 100 * share})
	p.YErrors = append(p.YErrors, struct{ Low, High float64 }{100 * math.Max(0, share-interval[0]), 100 * math.Max(0, interval[1]-share)})
}

// AddCurve draws points, the lines between them and their error bars in the i-th color, with a legend unless name is
// empty.
func AddCurve(p *plot.Plot, i int, name string, points Points) error {
	line, dots, err := plotter.NewLinePoints(points)
	if err != nil {
		return err
	}
	bars, err := plotter.NewYErrorBars(points)
	if err != nil {
		return err
	}
	line.Color, dots.Color, bars.Color = Color(i), Color(i), Color(i)
	p.Add(line, dots, bars)
	if name != "" {
		p.Legend.Add(name, line)
	}
	return nil
}

// NetName is what a plot calls a net: its file, or, for one that came through a pipe, its architecture.
func NetName(file, arch string) string {
	if file == "" || strings.HasPrefix(file, "/dev/") {
		return arch
	}
	return filepath.Base(file)
}

// legendGap is the room above and below a legend, together.
const legendGap = vg.Centimeter / 2

// SavePlots writes plots, two in a row, in the format that the file's name asks for. Legends are drawn below
// the plots, where no data is. In SVG text stays text, which viewers
// set in fonts of theirs; in other formats there is a warning where no font has a letter.
func SavePlots(to interface {
	Files
	Warnf(layout string, args ...any)
}, path string, plots ...*plot.Plot) error {
	if extension(path) == "svg" {
		return writePlots(to, path, plots)
	}
	fonts, err := letter(plots, extension(path))
	if err != nil {
		return err
	}
	if err := writePlots(to, path, plots); err != nil {
		return err
	}
	if missing := fonts.Missing(); missing != "" {
		to.Warnf("%s: no font has %s: boxes stand for them; install one that has", path, missing)
	}
	return nil
}

func writePlots(files Files, path string, plots []*plot.Plot) error {
	columns := min(2, len(plots))
	grid := make([][]*plot.Plot, (len(plots)+columns-1)/columns)
	for i := range grid {
		grid[i] = make([]*plot.Plot, columns)
		copy(grid[i], plots[i*columns:])
	}
	legends := make(map[*plot.Plot]plot.Legend, len(plots))
	below := vg.Length(0) // height of the highest legend
	for _, p := range plots {
		legend := p.Legend
		legend.Top, legend.Left, legend.XOffs, legend.YOffs, legend.Padding = true, true, 0, 0, vg.Points(2)
		box := legend.Rectangle(draw.New(vgimg.New(14*vg.Centimeter, 10*vg.Centimeter)))
		below = max(below, box.Max.Y-box.Min.Y+legendGap)
		legends[p] = legend
		p.Legend = plot.NewLegend()
	}
	pixel := vg.Inch / vgimg.DefaultDPI
	below = pixel * vg.Length(math.Ceil(float64(below/pixel))) // a plot looks the same above any legend
	return files.WriteFile(path, func(w io.Writer) error {
		to, err := draw.NewFormattedCanvas(vg.Length(columns)*14*vg.Centimeter, vg.Length(len(grid))*(10*vg.Centimeter+below), extension(path))
		if err != nil {
			return err
		}
		tiles := draw.Tiles{Rows: len(grid), Cols: columns, PadX: vg.Centimeter / 2, PadY: vg.Centimeter / 2, PadRight: vg.Centimeter / 2}
		for i, row := range plot.Align(grid, tiles, draw.New(to)) {
			for j, canvas := range row {
				p := grid[i][j]
				if p == nil {
					continue
				}
				p.Draw(draw.Crop(canvas, 0, 0, below, 0))
				legend := legends[p]
				legend.Draw(draw.Crop(canvas, vg.Centimeter, 0, 0, below-legendGap/2-(canvas.Max.Y-canvas.Min.Y)))
			}
		}
		_, err = to.WriteTo(w)
		return err
	})
}
