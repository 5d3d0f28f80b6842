package sheet

import (
	"bytes"
	"image"
	"image/color"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

func fonts(t interface{ Fatal(...any) }) typefaces {
	others, err := Fonts()
	if err != nil {
		t.Fatal(err)
	}
	f, err := loadTypefaces(128, others)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestWrap(t *testing.T) {
	f := fonts(t)
	tests := []struct {
		text         string
		width, lines int
		want         []string
	}{
		{"", 128, 2, nil},
		{"  \n ", 128, 2, nil},
		{"daisy", 128, 2, []string{"daisy"}},
		{"black-eyed susan of the green meadow", 128, 2, []string{"black-eyed susan", "of the green me…"}},
		{"layer3.1.conv2:119\u00a0#1", 128, 2, []string{"layer3.1.conv2:", "119\u00a0#1"}},
		{"p 0.98 · 3.1× max", 1000, 2, []string{"p 0.98 · 3.1× max"}},
		{"a\tb\nc", 128, 2, []string{"a b c"}},
		{"wwwwwwwwwwwwwwwwwwwwwwwwwwwww", 60, 1, []string{"www…"}},
		{"wwwwwwww", 60, 3, []string{"wwwww", "www"}},
		{"tiny", 1, 2, []string{"t", "…"}},
	}
	for _, test := range tests {
		if diff := cmp.Diff(test.want, f.strong.wrap(test.text, test.width, test.lines)); diff != "" {
			t.Errorf("%q: %s", test.text, diff)
		}
	}
}

// TestWrapFits: no line is wider than its cell, there are not too many, and
// unless there is an ellipsis no letter is lost.
func TestWrapFits(t *testing.T) {
	f := fonts(t)
	rapid.Check(t, func(t *rapid.T) {
		letters := rapid.SampledFrom([]rune("ab wW-_:/é…ж·\u00a0 "))
		if rapid.Bool().Draw(t, "other scripts") {
			letters = rapid.SampledFrom([]rune("a ả-e\u0301u\u031b\u0309 ורד1(ب😀字"))
		}
		text := rapid.StringOf(letters).Draw(t, "text")
		width := rapid.IntRange(30, 200).Draw(t, "width")
		most := rapid.IntRange(1, 4).Draw(t, "lines")
		lines := f.plain.wrap(text, width, most)
		if len(lines) > most {
			t.Fatalf("%d lines: %q", len(lines), lines)
		}
		for _, line := range lines {
			if w := f.plain.width(line); w > width {
				t.Fatalf("line %q has %d pixels of %d", line, w, width)
			}
		}
		squeeze := func(s string) string {
			return strings.Map(func(r rune) rune {
				if unicode.IsSpace(r) || r == '\u200e' || r == '\u200f' {
					return -1
				}
				return r
			}, s)
		}
		for _, line := range lines[min(1, len(lines)):] {
			if unicode.Is(unicode.M, []rune(line)[0]) {
				t.Fatalf("a line begins with a mark: %q", lines)
			}
		}
		got := squeeze(strings.Join(lines, ""))
		if want := squeeze(norm.NFC.String(text)); got != want && !strings.HasSuffix(got, ellipsis) {
			t.Fatalf("%q became %q", want, got)
		}
	})
}

// TestDrawLine: what the Go fonts have looks as they draw it, and everything else has its ink where it is measured to be.
func TestDrawLine(t *testing.T) {
	f := fonts(t)
	page := func() *image.RGBA { return solid(300, 60, color.RGBA{255, 255, 255, 255}) }
	for _, text := range []string{"rose 12 · größe", "Жλ → −3.1× max"} {
		got, want := page(), page()
		f.strong.draw(got, 20, 20, text, ink)
		d := font.Drawer{Dst: want, Src: image.NewUniform(ink), Face: f.strong.face, Dot: fixed.P(20, 20+f.strong.ascent)}
		d.DrawString(text)
		if !bytes.Equal(got.Pix, want.Pix) {
			t.Errorf("%q is drawn in another way", text)
		}
	}
	for _, text := range []string{"hướng dương kỹ", "ורד אדום (12)", "وردة حمراء", "ἄνθος", "q\u0303", "rose 😀"} {
		got := page()
		f.plain.draw(got, 20, 20, text, color.RGBA{0, 0, 0, 255})
		inked := image.Rectangle{}
		for y := range 60 {
			for x := range 300 {
				if got.RGBAAt(x, y).R < 128 {
					inked = inked.Union(image.Rect(x, y, x+1, y+1))
				}
			}
		}
		box := image.Rect(20, 20, 20+f.plain.width(text), 20+f.plain.height)
		if inked.Dx() < box.Dx()*3/4 || !inked.In(box.Inset(-2)) {
			t.Errorf("%q: ink in %v, measured %v", text, inked, box)
		}
	}
}

// Bold captions are bold in other scripts too.
func TestBoldOfOtherScripts(t *testing.T) {
	f := fonts(t)
	if plain, strong := f.plain.width("hướng dương"), f.strong.width("hướng dương"); strong <= plain {
		t.Errorf("plain takes %d pixels, strong %d", plain, strong)
	}
}

// TestGlyphs: the marks that captions use are in both fonts.
func TestGlyphs(t *testing.T) {
	for name, ttf := range map[string][]byte{"regular": goregular.TTF, "bold": gobold.TTF} {
		f, err := sfnt.Parse(ttf)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range "·×→−…#<>\u00a0éßжλ" {
			if index, err := f.GlyphIndex(nil, r); err != nil || index == 0 {
				t.Errorf("%s has no %q", name, r)
			}
		}
	}
}
