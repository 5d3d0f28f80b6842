package sheet

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"strings"
	"unicode"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// typeface is a font at one size.
type typeface struct {
	face   font.Face
	height int // from line to line, pixels
	ascent int // from a line's top to its base, pixels
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

func loadTypefaces(cellWidth int) (t typefaces, err error) {
	load := func(into *typeface, ttf []byte, size float64) {
		if err != nil {
			return
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
	}
	size := captionSize(cellWidth)
	load(&t.title, gobold.TTF, size*titleToCaption)
	load(&t.strong, gobold.TTF, size)
	load(&t.plain, goregular.TTF, size)
	return t, err
}

func (t *typefaces) of(s Style) *typeface {
	if s == Strong {
		return &t.strong
	}
	return &t.plain
}

func (t *typeface) width(text string) int { return font.MeasureString(t.face, text).Ceil() }

// draw writes one line whose top left corner is at (x, y).
func (t *typeface) draw(dst draw.Image, x, y int, text string, ink color.Color) {
	d := font.Drawer{Dst: dst, Src: image.NewUniform(ink), Face: t.face, Dot: fixed.P(x, y+t.ascent)}
	d.DrawString(text)
}

const (
	ellipsis = "…"
	noBreak  = '\u00a0' // a space that keeps two words on one line
)

// wrap breaks text into at most lines lines of a width in pixels. It breaks at
// spaces, else after a mark inside a long word, else anywhere; what does not
// fit ends in an ellipsis.
func (t *typeface) wrap(text string, width, lines int) []string {
	words := strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) && r != noBreak })
	rest := []rune(strings.Join(words, " "))
	var out []string
	for len(rest) > 0 {
		if t.width(string(rest)) <= width {
			return append(out, string(rest))
		}
		if len(out) == lines-1 {
			return append(out, t.elide(rest, width))
		}
		n := t.breakAt(rest, width)
		out = append(out, strings.TrimRight(string(rest[:n]), " "))
		rest = []rune(strings.TrimLeft(string(rest[n:]), " "))
	}
	return out
}

// breakAt is how many of the runes go on a line; at least one.
func (t *typeface) breakAt(text []rune, width int) int {
	space, mark, fits := 0, 0, 1
	for n := 1; n <= len(text); n++ {
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
	for n := len(text) - 1; n > 0; n-- {
		line := strings.TrimRight(string(text[:n]), " ·,-") + ellipsis
		if t.width(line) <= width {
			return line
		}
	}
	return ellipsis
}
