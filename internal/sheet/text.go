package sheet

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
	"golang.org/x/text/unicode/norm"

	"herbarium/internal/typeset"
)

// typeface is a font at one size.
type typeface struct {
	face   font.Face
	size   float64 // of an em, pixels
	height int     // from line to line, pixels
	ascent int     // from a line's top to its base, pixels
	bold   bool
	others *typeset.Fonts // for text that the face cannot set
	widths map[string]int // of such text: captions are alike
}

// Fonts are those of captions: the Go fonts and, for letters that they lack, others; see typeset.New. Files come before
// them.
func Fonts(files ...string) (*typeset.Fonts, error) {
	return typeset.New(goregular.TTF, gobold.TTF, files...)
}

// typefaces are the three that a sheet is set in. Parsing a font takes about a
// millisecond, so it happens when a sheet is drawn, not when a program starts.
type typefaces struct{ title, strong, plain typeface }

// captionSize is the size of captions in pixels: larger below large pictures,
// which are looked at from further away.
func captionSize(cellWidth int) float64 {
	return float64(15 + min(max(0, (cellWidth-224)/40), 8))
}

const titleToCaption = 1.7

func loadTypefaces(cellWidth int, others *typeset.Fonts) (t typefaces, err error) {
	load := func(into *typeface, bold bool, size float64) {
		if err != nil {
			return
		}
		ttf := goregular.TTF
		if bold {
			ttf = gobold.TTF
		}
		f, e := opentype.Parse(ttf)
		if e != nil {
			err = fmt.Errorf("font: %w", e)
			return
		}
		into.face, err = opentype.NewFace(f, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingFull})
		if err != nil {
			return
		}
		m := into.face.Metrics()
		into.ascent = m.Ascent.Ceil()
		into.height = int(size*1.3 + 0.5)
		into.size, into.bold, into.others, into.widths = size, bold, others, map[string]int{}
	}
	size := captionSize(cellWidth)
	load(&t.title, true, size*titleToCaption)
	load(&t.strong, true, size)
	load(&t.plain, false, size)
	return t, err
}

func (t *typefaces) of(s Style) *typeface {
	if s == Strong {
		return &t.strong
	}
	return &t.plain
}

func (t *typeface) width(text string) int {
	if t.others.Simple(text, t.bold) {
		return font.MeasureString(t.face, text).Ceil()
	}
	width, ok := t.widths[text]
	if !ok {
		width = int(math.Ceil(t.others.Set(text, t.bold).Width * t.size))
		t.widths[text] = width
	}
	return width
}

// draw writes one line whose top left corner is at (x, y).
func (t *typeface) draw(dst draw.Image, x, y int, text string, ink color.Color) {
	if t.others.Simple(text, t.bold) {
		d := font.Drawer{Dst: dst, Src: image.NewUniform(ink), Face: t.face, Dot: fixed.P(x, y+t.ascent)}
		d.DrawString(text)
		return
	}
	line := t.others.Set(text, t.bold)
	room := 2 * t.height // around the line: marks above marks need more than its height
	size := image.Pt(int(math.Ceil(line.Width*t.size))+2*room, 2*room)
	pen := rasterPen{Rasterizer: vector.NewRasterizer(size.X, size.Y), x: float64(room), y: float64(room), size: t.size}
	line.Trace(pen)
	mask := image.NewAlpha(image.Rectangle{Max: size})
	pen.Draw(mask, mask.Rect, image.Opaque, image.Point{})
	draw.DrawMask(dst, mask.Rect.Add(image.Pt(x-room, y+t.ascent-room)), image.NewUniform(ink), image.Point{}, mask, image.Point{}, draw.Over)
}

// rasterPen fills outlines whose base line starts at (x, y).
type rasterPen struct {
	*vector.Rasterizer
	x, y, size float64
}

func (p rasterPen) at(x, y float64) (float32, float32) {
	return float32(p.x + x*p.size), float32(p.y - y*p.size)
}

// MoveTo begins an outline.
func (p rasterPen) MoveTo(x, y float64) { p.Rasterizer.MoveTo(p.at(x, y)) }

// LineTo adds a line to it.
func (p rasterPen) LineTo(x, y float64) { p.Rasterizer.LineTo(p.at(x, y)) }

// QuadTo adds a parabola.
func (p rasterPen) QuadTo(bx, by, x, y float64) {
	b1, b2 := p.at(bx, by)
	x1, y1 := p.at(x, y)
	p.Rasterizer.QuadTo(b1, b2, x1, y1)
}

// CubeTo adds a cubic curve.
func (p rasterPen) CubeTo(bx, by, cx, cy, x, y float64) {
	b1, b2 := p.at(bx, by)
	c1, c2 := p.at(cx, cy)
	x1, y1 := p.at(x, y)
	p.Rasterizer.CubeTo(b1, b2, c1, c2, x1, y1)
}

// Close ends the outline.
func (p rasterPen) Close() { p.ClosePath() }

const (
	ellipsis = "…"
	noBreak  = '\u00a0' // a space that keeps two words on one line
)

// wrap breaks text into at most lines lines of a width in pixels. It breaks at
// spaces, else after a mark inside a long word, else anywhere; what does not
// fit ends in an ellipsis.
func (t *typeface) wrap(text string, width, lines int) []string {
	words := strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) && r != noBreak })
	text = norm.NFC.String(strings.Join(words, " "))
	rest := []rune(text)
	var out []string
	add := func(line string) { out = append(out, typeset.Directed(line, text)) }
	for len(rest) > 0 {
		if t.width(string(rest)) <= width {
			add(string(rest))
			break
		}
		if len(out) == lines-1 {
			add(t.elide(rest, width))
			break
		}
		n := t.breakAt(rest, width)
		add(strings.TrimRight(string(rest[:n]), " "))
		rest = []rune(strings.TrimLeft(string(rest[n:]), " "))
	}
	return out
}

// breakAt is how many of the runes go on a line; at least one.
func (t *typeface) breakAt(text []rune, width int) int {
	ends := typeset.Letters(text)
	space, mark, fits := 0, 0, ends[0]
	for _, n := range ends {
		if text[n-1] == ' ' {
			space = n
			continue // a space at the end takes no room
		}
		if t.width(string(text[:n])) > width {
			break
		}
		fits = n
		if strings.ContainsRune("-_/:,·", text[n-1]) && n > 1 {
			mark = n
		}
	}
	switch {
	case space > 0:
		return space
	case mark > 0:
		return mark
	default:
		return fits
	}
}

// elide cuts text to a width, with an ellipsis at its end.
func (t *typeface) elide(text []rune, width int) string {
	ends := typeset.Letters(text)
	for _, n := range slices.Backward(ends[:len(ends)-1]) {
		line := strings.TrimRight(string(text[:n]), " ·,-") + ellipsis
		if t.width(line) <= width {
			return line
		}
	}
	return ellipsis
}
