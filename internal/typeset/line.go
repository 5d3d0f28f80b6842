package typeset

import (
	"slices"
	"unicode"

	"github.com/go-text/typesetting/bidi"
	"github.com/go-text/typesetting/di"
	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/font/opentype"
	"github.com/go-text/typesetting/harfbuzz"
	"github.com/go-text/typesetting/language"
	"github.com/go-text/typesetting/segmenter"
	"github.com/go-text/typesetting/shaping"
	"golang.org/x/image/math/fixed"
	"golang.org/x/text/unicode/norm"
)

// Line is a line of text, set: its glyphs, from the left. Lengths are in units of the size of the font.
type Line struct {
	Width  float64
	glyphs []glyph
}

type glyph struct {
	face    *font.Face
	id      font.GID
	outline font.GlyphOutline
	x, y    float64
}

// Pen draws outlines: closed curves, to be filled by the rule of nonzero winding. The base line starts at (0, 0), and y
// grows upwards.
type Pen interface {
	MoveTo(x, y float64)
	LineTo(x, y float64)
	QuadTo(bx, by, x, y float64)
	CubeTo(bx, by, cx, cy, x, y float64)
	Close()
}

// Trace draws the outlines of a line.
func (l *Line) Trace(pen Pen) {
	for _, g := range l.glyphs {
		em := float64(g.face.Upem())
		open := false
		for _, s := range g.outline.Segments {
			var x, y [3]float64
			for i, p := range s.Args {
				x[i], y[i] = g.x+float64(p.X)/em, g.y+float64(p.Y)/em
			}
			switch s.Op {
			case opentype.SegmentOpMoveTo:
				if open {
					pen.Close()
				}
				open = true
				pen.MoveTo(x[0], y[0])
			case opentype.SegmentOpLineTo:
				pen.LineTo(x[0], y[0])
			case opentype.SegmentOpQuadTo:
				pen.QuadTo(x[0], y[0], x[1], y[1])
			case opentype.SegmentOpCubeTo:
				pen.CubeTo(x[0], y[0], x[1], y[1], x[2], y[2])
			}
		}
		if open {
			pen.Close()
		}
	}
}

// Set sets a line: letters of the same script in one font, if there is one that has all of them.
func (f *Fonts) Set(text string, bold bool) *Line {
	runs := f.split([]rune(norm.NFC.String(text)), bold)
	letters := map[language.Script][]rune{}
	for _, r := range runs {
		letters[r.Script] = append(letters[r.Script], lettersOf(r.Text[r.RunStart:r.RunEnd])...)
	}
	line := &Line{}
	for _, r := range inOrder(runs) {
		preferred := f.find(letters[r.Script], bold)
		if preferred == nil || len(letters[r.Script]) == 0 {
			preferred = f.first(bold)
		}
		parts := f.splitByFont(r.Input, preferred, bold)
		if r.level%2 == 1 {
			slices.Reverse(parts)
		}
		for _, part := range parts {
			if !f.add(line, part) {
				part.Face = f.base[weight(bold)].face(bold)
				f.add(line, part)
			}
		}
	}
	return line
}

// unit is the size at which text is shaped.
const unit = 1000

// add sets a part, unless its font is broken.
func (f *Fonts) add(l *Line, part shaping.Input) (ok bool) {
	before := *l
	defer survive(func() { *l, ok = before, false })
	length := func(v fixed.Int26_6) float64 { return float64(v) / 64 / unit }
	for _, g := range f.shaper.ShapeNoExtents(part).Glyphs {
		if g.GlyphID != font.EmptyGlyph {
			outline, _ := part.Face.GlyphDataOutline(g.GlyphID)
			l.glyphs = append(l.glyphs, glyph{part.Face, g.GlyphID, outline, l.Width + length(g.XOffset), length(g.YOffset)})
		}
		l.Width += length(g.Advance)
	}
	return true
}

// run is a part of a line in one script and one direction: from the right, if the level is odd.
type run struct {
	shaping.Input
	level bidi.Level
}

// split splits text, which it changes, into runs, in the order of reading.
func (f *Fonts) split(text []rune, bold bool) []run {
	for i, r := range text {
		if unicode.IsControl(r) {
			text[i] = unicode.ReplacementChar
		}
	}
	var out []run
	var scripts shaping.Segmenter
	for _, part := range levels(text) {
		direction := di.DirectionLTR
		if part.Level%2 == 1 {
			direction = di.DirectionRTL
		}
		whole := shaping.Input{Text: text, RunStart: part.Start, RunEnd: part.End, Direction: direction, Size: fixed.I(unit), Language: languageOf(text)}
		for _, input := range scripts.Split(whole, anyFont{f.first(bold)}) {
			out = append(out, run{input, part.Level})
		}
	}
	return out
}

// anyFont leaves the choice of fonts to splitByFont.
type anyFont struct{ *font.Face }

func (a anyFont) ResolveFace(rune) *font.Face { return a.Face }

// languageOf chooses between the shapes that Han letters have in China, Japan and Korea.
func languageOf(text []rune) language.Language {
	for _, r := range text {
		switch language.LookupScript(r) {
		case language.Hiragana, language.Katakana:
			return "ja"
		case language.Hangul:
			return "ko"
		}
	}
	return "zh-cn"
}

// lettersOf are the letters and marks that should come from one font; punctuation, digits and emoji may come from
// others.
func lettersOf(text []rune) []rune {
	var out []rune
	for _, r := range text {
		if script := language.LookupScript(r); script != language.Common && !harfbuzz.IsDefaultIgnorable(r) {
			out = append(out, r)
		}
	}
	return out
}

// splitByFont gives each letter, with its marks, the preferred font or the first that has it. What none has is noted.
func (f *Fonts) splitByFont(in shaping.Input, preferred *font.Face, bold bool) []shaping.Input {
	var out []shaping.Input
	for _, end := range Letters(in.Text[in.RunStart:in.RunEnd]) {
		part := in
		part.RunEnd = in.RunStart + end
		if len(out) > 0 {
			part.RunStart = out[len(out)-1].RunEnd
		}
		part.Face = f.choose(part.Text[part.RunStart:part.RunEnd], preferred, bold)
		if last := len(out) - 1; last >= 0 && out[last].Face == part.Face {
			out[last].RunEnd = part.RunEnd
			continue
		}
		out = append(out, part)
	}
	return out
}

func (f *Fonts) choose(letter []rune, preferred *font.Face, bold bool) *font.Face {
	visible := slices.DeleteFunc(slices.Clone(letter), blank)
	has := func(r rune) bool { _, ok := preferred.NominalGlyph(r); return ok }
	if !slices.ContainsFunc(visible, func(r rune) bool { return !has(r) }) {
		return preferred
	}
	if face := f.find(visible, bold); face != nil {
		return face
	}
	face := f.find(visible[:1], bold) // a letter without its mark is better than none
	for _, r := range visible {
		if f.find([]rune{r}, bold) == nil {
			f.missing[r] = true
		}
	}
	if face == nil {
		face = preferred
	}
	return face
}

// Letters are the ends of what readers take for one letter, where text can be cut: with its marks, and emoji of several
// parts (Unicode Standard Annex 29).
func Letters(text []rune) []int {
	var s segmenter.Segmenter
	s.Init(text)
	var ends []int
	for it := s.GraphemeIterator(); it.Next(); {
		g := it.Grapheme()
		ends = append(ends, g.Offset+len(g.Text))
	}
	return ends
}
