package report

import (
	"strings"
	"unicode"

	"codeberg.org/go-fonts/liberation/liberationserifregular"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"

	"herbarium/internal/typeset"
)

// lettering sets the text of plots as gonum does, in Liberation Serif, and draws what that cannot set as outlines.
type lettering struct {
	text.Plain
	fonts *typeset.Fonts
	ascii bool // gonum can set nothing else
}

func (l lettering) simple(line string) bool {
	notASCII := func(r rune) bool { return r > unicode.MaxASCII }
	return l.fonts.Simple(line, false) && !(l.ascii && strings.ContainsFunc(line, notASCII))
}

// letter makes plots, which are to be in a format, use fonts for letters that theirs lacks, and returns these.
func letter(plots []*plot.Plot, format string) (*typeset.Fonts, error) {
	fonts, err := typeset.New(liberationserifregular.TTF, liberationserifregular.TTF)
	if err != nil {
		return nil, err
	}
	for _, p := range plots {
		handler := lettering{text.Plain{Fonts: p.TextHandler.Cache()}, fonts, format == "pdf"}
		p.TextHandler = handler
		for _, style := range []*text.Style{&p.Title.TextStyle, &p.Legend.TextStyle,
			&p.X.Label.TextStyle, &p.X.Tick.Label, &p.Y.Label.TextStyle, &p.Y.Tick.Label} {
			style.Handler = handler
		}
	}
	return fonts, nil
}

// Box measures a line.
func (l lettering) Box(line string, f font.Font) (width, height, depth vg.Length) {
	width, height, depth = l.Plain.Box(line, f)
	if !l.simple(line) {
		width = vg.Length(l.fonts.Set(line, false).Width) * f.Size
	}
	return width, height, depth
}

// Draw draws lines.
func (l lettering) Draw(c vg.Canvas, lines string, style text.Style, at vg.Point) {
	l.Plain.Draw(outlines{c, l, style.XAlign}, lines, style, at)
}

// outlines is a canvas on which lines of text are outlines, unless they are simple.
type outlines struct {
	vg.Canvas
	lettering lettering
	align     text.XAlignment
}

// FillString draws a line. The point has been found for its width in face.
func (o outlines) FillString(face font.Face, at vg.Point, line string) {
	if o.lettering.simple(line) {
		o.Canvas.FillString(face, at, line)
		return
	}
	set := o.lettering.fonts.Set(line, false)
	at.X += vg.Length(o.align) * (vg.Length(set.Width)*face.Font.Size - face.Width(line))
	pen := pathPen{at: at, size: face.Font.Size}
	set.Trace(&pen)
	o.Canvas.Fill(pen.path)
}

// pathPen makes a path whose base line starts at a point.
type pathPen struct {
	path vg.Path
	at   vg.Point
	size vg.Length
}

func (p *pathPen) point(x, y float64) vg.Point {
	return p.at.Add(vg.Point{X: vg.Length(x) * p.size, Y: vg.Length(y) * p.size})
}

// MoveTo begins an outline.
func (p *pathPen) MoveTo(x, y float64) { p.path.Move(p.point(x, y)) }

// LineTo adds a line to it.
func (p *pathPen) LineTo(x, y float64) { p.path.Line(p.point(x, y)) }

// QuadTo adds a parabola.
func (p *pathPen) QuadTo(bx, by, x, y float64) { p.path.QuadTo(p.point(bx, by), p.point(x, y)) }

// CubeTo adds a cubic curve.
func (p *pathPen) CubeTo(bx, by, cx, cy, x, y float64) {
	p.path.CubeTo(p.point(bx, by), p.point(cx, cy), p.point(x, y))
}

// Close ends the outline.
func (p *pathPen) Close() { p.path.Close() }
