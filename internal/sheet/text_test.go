package sheet

import (
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
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
		text := rapid.StringOf(rapid.SampledFrom([]rune("ab wW-_:/é…ж·\u00a0 "))).Draw(t, "text")
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
				if unicode.IsSpace(r) {
					return -1
				}
				return r
			}, s)
		}
		got := squeeze(strings.Join(lines, ""))
		if want := squeeze(text); got != want && !strings.HasSuffix(got, ellipsis) {
			t.Fatalf("%q became %q", want, got)
		}
	})
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
