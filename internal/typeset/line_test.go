package typeset

import (
	"reflect"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"pgregory.net/rapid"

	"github.com/go-text/typesetting/font"
)

// fonts are the built-in ones: what is installed does not count, so that tests see the same everywhere.
func fonts(t interface{ Fatal(...any) }, files ...string) *Fonts {
	f, err := New(goregular.TTF, gobold.TTF, files...)
	if err != nil {
		t.Fatal(err)
	}
	f.looked = true
	return f
}

// seen is what readers see from the left: the letters of a text whose glyphs a line has.
func seen(line *Line, text string) string {
	var out strings.Builder
	for _, g := range line.glyphs {
		for _, r := range text {
			if id, ok := g.face.NominalGlyph(r); ok && id == g.id {
				out.WriteRune(r)
				break
			}
		}
	}
	return out.String()
}

// The order is that of the rules of Unicode Standard Annex 9, worked out by hand.
func TestOrder(t *testing.T) {
	f := fonts(t)
	for text, want := range map[string]string{
		"rose":                  "rose",
		"אבג":                   "גבא",
		"rose אבג דה":           "rose הד גבא",
		"rose אבג, דה red":      "rose הד ,גבא red",
		"rose אבג 12 red":       "rose 12 גבא red",
		"rose אבג 12":           "rose 12 גבא",
		"rose 12 אבג":           "rose 12 גבא",
		"אבג 12 red rose":       "red rose 12 גבא",
		"אבג: red 12":           "red 12 :גבא",
		"אבג…":                  "…גבא",
		"rose אבג 12.5, 3 (red": "rose 3 ,12.5 גבא (red",
	} {
		if got := seen(f.Set(text, false), text); got != want {
			t.Errorf("%q is seen as %q, want %q", text, got, want)
		}
	}
	// Brackets are mirrored: that which opens is on the right.
	if got := seen(f.Set("אב (גד)", false), "אבגד()"); got != "(דג) בא" && got != "(דג)בא" {
		t.Errorf("brackets: %q", got)
	}
}

// Arabic letters are joined: at the beginning, in the middle and at the end of a word they look different.
func TestJoining(t *testing.T) {
	line := fonts(t).Set("ببب", false)
	if len(line.glyphs) != 3 || line.glyphs[0].id == line.glyphs[1].id || line.glyphs[1].id == line.glyphs[2].id || line.glyphs[0].id == line.glyphs[2].id {
		t.Errorf("%+v", line.glyphs)
	}
}

// Letters with marks are the same however they are written, and marks of letters that have no form with them take no room.
func TestMarks(t *testing.T) {
	f := fonts(t)
	if composed, apart := f.Set("hư\u1edbng", false), f.Set("hu\u031b\u031bng", false); reflect.DeepEqual(composed, apart) {
		t.Error("different letters are set alike")
	}
	if composed, apart := f.Set("hướng ả", true), f.Set("hu\u031bo\u031b\u0301ng a\u0309", true); !reflect.DeepEqual(composed, apart) {
		t.Errorf("%+v\n%+v", composed, apart)
	}
	bare, marked := f.Set("q", false), f.Set("q\u0303", false)
	if len(marked.glyphs) != 2 {
		t.Fatalf("%d glyphs", len(marked.glyphs))
	}
	alone := &Line{glyphs: marked.glyphs[1:]}
	low, high := extent(alone)
	if low < -0.05 || high > marked.Width+0.05 || marked.Width > bare.Width*1.2 {
		t.Errorf("a mark from %g to %g above a letter of %g", low, high, marked.Width)
	}
}

// bounds keeps the ends of outlines.
type bounds struct {
	low, high float64
	open      bool
	closed    int
	t         interface{ Errorf(string, ...any) }
}

func (b *bounds) see(xs ...float64) {
	for _, x := range xs {
		b.low, b.high = min(b.low, x), max(b.high, x)
	}
	if !b.open && b.t != nil {
		b.t.Errorf("a line outside of an outline")
	}
}
func (b *bounds) MoveTo(x, y float64)                 { b.open = true; b.see(x) }
func (b *bounds) LineTo(x, y float64)                 { b.see(x) }
func (b *bounds) QuadTo(bx, by, x, y float64)         { b.see(bx, x) }
func (b *bounds) CubeTo(bx, by, cx, cy, x, y float64) { b.see(bx, cx, x) }
func (b *bounds) Close()                              { b.open = false; b.closed++ }

func extent(line *Line) (low, high float64) {
	b := bounds{low: 1e9, high: -1e9}
	line.Trace(&b)
	return b.low, b.high
}

// Each outline is closed, and the letter o has two.
func TestTrace(t *testing.T) {
	b := bounds{t: t, low: 1e9, high: -1e9}
	line := fonts(t).Set("o", false)
	line.Trace(&b)
	if b.closed != 2 || b.open || b.low < 0 || b.high > line.Width {
		t.Errorf("%+v of %g", b, line.Width)
	}
}

func faces(line *Line) []*font.Face {
	var out []*font.Face
	for _, g := range line.glyphs {
		if len(out) == 0 || out[len(out)-1] != g.face {
			out = append(out, g.face)
		}
	}
	return out
}

// TestOneFont: words are not mixed from two fonts, and what is not a letter does not decide about words.
func TestOneFont(t *testing.T) {
	f := fonts(t)
	goRegular, dejaVu := f.base[0].face(false), f.builtIn[0].face(false)
	for text, want := range map[string][]*font.Face{
		"Hoa":               {goRegular},
		"Hoa 12 × 3":        {goRegular},
		"Hoa hướng dương 1": {dejaVu},
		"Hoa 😀":             {goRegular, dejaVu},
		"😀 Hoa":             {dejaVu, goRegular},
		"Hoa ורד":           {goRegular, dejaVu},
		"hướng роза":        {dejaVu, goRegular},
	} {
		if got := faces(f.Set(text, false)); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %d fonts, want %d", text, len(got), len(want))
		}
	}
	if got := faces(f.Set("hướng", true)); len(got) != 1 || got[0] != f.builtIn[1].face(true) {
		t.Error("bold text is not bold")
	}
}

func TestMissing(t *testing.T) {
	f := fonts(t)
	for _, bold := range []bool{false, true} {
		f.Set("Hướng 😀\ufe0f \u200d\u2060ורד وردة роза ἄνθος x\u0300 a\tb", bold)
	}
	if got := f.Missing(); got != "" {
		t.Errorf("missing: %s", got)
	}
	for range 2 {
		f.Set("a \u0378 q\u0303 向", false)
		f.Set("向", true)
	}
	if got := f.Missing(); got != "U+0378, U+5411 '向'" {
		t.Errorf("missing: %s", got)
	}
	f.Set("一二三四五", false)
	if got := f.Missing(); got != "U+0378, U+4E00 '一', U+4E09 '三', U+4E8C '二', U+4E94 '五' and 2 more letters" {
		t.Errorf("missing: %s", got)
	}
	// A mark that no font has does not take its letter along.
	f = fonts(t)
	if line := f.Set("a\U0001E000", false); line.glyphs[0].id == 0 || f.Missing() == "" {
		t.Errorf("%+v, missing %q", line.glyphs, f.Missing())
	}
}

func TestSimple(t *testing.T) {
	f := fonts(t)
	for text, want := range map[string]bool{
		"": true, "rose 12": true, "größe · × … – ж λ": true, "p 0.98\u00a0dB": true,
		"hướng": false, "ורד": false, "a\u0301": false, "a\u200fb": false, "a\tb": false, "字": false, "😀": false,
	} {
		if got := f.Simple(text, false); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// TestAnyText: whatever the text is, it is set, all of its outlines are closed, and no letter changes the others' order.
func TestAnyText(t *testing.T) {
	f := fonts(t)
	tables := []*unicode.RangeTable{unicode.Latin, unicode.Hebrew, unicode.Arabic, unicode.Mn, unicode.Nd, unicode.Cf, unicode.Cc, unicode.So, unicode.Devanagari, unicode.Han, unicode.Zs, unicode.P}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.RuneFrom(nil, tables...)).Draw(t, "text")
		line := f.Set(text, rapid.Bool().Draw(t, "bold"))
		if line.Width < 0 || line.Width > 40*float64(1+len(text)) {
			t.Fatalf("a width of %g", line.Width)
		}
		b := bounds{t: t}
		line.Trace(&b)
		if b.open {
			t.Fatal("an outline is open")
		}
		at := 0
		for _, part := range levels([]rune(text)) {
			if part.Start != at || part.End <= at {
				t.Fatalf("%+v after %d", part, at)
			}
			at = part.End
		}
		ends := Letters([]rune(text))
		if n := len([]rune(text)); n > 0 && ends[len(ends)-1] != n {
			t.Fatalf("letters end at %v of %d", ends, n)
		}
	})
}

func TestLetters(t *testing.T) {
	if diff := cmp.Diff([]int{1, 3, 6, 7}, Letters([]rune("aq\u0303👩\u200d🌾b"))); diff != "" {
		t.Error(diff)
	}
}

func TestDirected(t *testing.T) {
	for _, test := range []struct{ line, text, want string }{
		{"red", "rose red", "red"}, {"ורד", "rose ורד", "\u200eורד"}, {"red", "ורד red", "\u200fred"}, {"אב", "ורד אב", "אב"}, {"12", "ורד 12", "\u200f12"}, {"12", "a 12", "12"},
	} {
		if got := Directed(test.line, test.text); got != test.want {
			t.Errorf("%q of %q: %q", test.line, test.text, got)
		}
	}
	f := fonts(t)
	if got := seen(f.Set(Directed("red אב", "ורד red אב"), false), "redאב"); got != "באred" {
		t.Errorf("a line from the right: %q", got)
	}
}
