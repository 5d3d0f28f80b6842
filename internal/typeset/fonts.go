// Package typeset sets lines of text in any script. It finds fonts that have the letters, puts letters that are joined,
// marked or read from the right where they belong, and gives outlines to fill.
package typeset

import (
	"bytes"
	"cmp"
	"fmt"
	"iter"
	"maps"
	"os"
	"slices"
	"strings"
	"unicode"

	"codeberg.org/go-fonts/dejavu/dejavusans"
	"codeberg.org/go-fonts/dejavu/dejavusansbold"
	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/harfbuzz"
	"github.com/go-text/typesetting/language"
	"github.com/go-text/typesetting/shaping"
)

// Fonts are asked for letters in this order: the files that the user named, the base fonts, DejaVu Sans (which is
// built in), and what is installed. Parsing and looking around happen when they are needed. Not for concurrent use.
type Fonts struct {
	named     []*source
	base      [2]source // regular, bold
	builtIn   [2]source
	installed []*source
	looked    bool // for those that are installed
	missing   map[rune]bool
	found     map[string]*font.Face // for these letters, in this weight
	shaper    shaping.HarfbuzzShaper
}

// New returns fonts with a base, as the bytes of TrueType files, and files that come before it: .ttf, .otf or
// collections of them.
func New(regular, bold []byte, files ...string) (*Fonts, error) {
	f := &Fonts{missing: map[rune]bool{}, found: map[string]*font.Face{}}
	for i, pair := range [2][2][]byte{{regular, dejavusans.TTF}, {bold, dejavusansbold.TTF}} {
		for k, into := range []*source{&f.base[i], &f.builtIn[i]} {
			sources, err := read(bytes.NewReader(pair[k]), "")
			if err != nil {
				return nil, fmt.Errorf("built-in font: %w", err)
			}
			*into = *sources[0]
			into.data = pair[k]
		}
	}
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		sources, err := read(bytes.NewReader(data), path)
		switch {
		case err != nil:
			return nil, fmt.Errorf("%s: no TrueType or OpenType font: %w", path, err)
		case !slices.ContainsFunc(sources, (*source).drawsAny):
			return nil, fmt.Errorf("%s: a font without outlines", path)
		}
		f.named = append(f.named, sources...)
	}
	return f, nil
}

// candidates are the fonts for text in the order in which they are asked.
func (f *Fonts) candidates(bold bool) iter.Seq[*source] {
	return func(yield func(*source) bool) {
		named := slices.Clone(f.named)
		slices.SortStableFunc(named, func(a, b *source) int { return cmp.Compare(a.offWeight(bold), b.offWeight(bold)) })
		for _, s := range append(named, &f.base[weight(bold)], &f.builtIn[weight(bold)], &f.builtIn[1-weight(bold)]) {
			if !yield(s) {
				return
			}
		}
		if !f.looked {
			f.installed, f.looked = installed(folders(os.Getenv)), true
		}
		for _, s := range slices.SortedFunc(slices.Values(f.installed), func(a, b *source) int { return a.compare(b, bold) }) {
			if !yield(s) {
				return
			}
		}
	}
}

func weight(bold bool) int {
	if bold {
		return 1
	}
	return 0
}

// find is the first font that has all these letters, nil if none does.
func (f *Fonts) find(letters []rune, bold bool) *font.Face {
	key := fmt.Sprint(bold, string(letters))
	if face, ok := f.found[key]; ok {
		return face
	}
	for s := range f.candidates(bold) {
		if s.maps(letters) && s.draws(letters, bold) {
			f.found[key] = s.face(bold)
			return s.face(bold)
		}
	}
	f.found[key] = nil
	return nil
}

// first is the face that text is set in where nothing speaks for another.
func (f *Fonts) first(bold bool) *font.Face {
	for s := range f.candidates(bold) {
		if face := s.face(bold); face != nil {
			return face
		}
	}
	return nil
}

// Simple says that the base fonts have all letters of a text in normal form C, which stand side by side, one glyph for
// each: any program can set it in them. With fonts that the user named nothing is simple.
func (f *Fonts) Simple(text string, bold bool) bool {
	if len(f.named) > 0 {
		return false
	}
	for _, r := range text {
		if r < unicode.MaxASCII && unicode.IsPrint(r) {
			continue
		}
		switch language.LookupScript(r) {
		case language.Latin, language.Greek, language.Cyrillic, language.Common:
		default:
			return false
		}
		if unicode.Is(unicode.M, r) || harfbuzz.IsDefaultIgnorable(r) || !f.base[weight(bold)].maps([]rune{r}) {
			return false
		}
	}
	return true
}

// Missing describes the letters that no font has had so far, for which boxes were set; "" if there are none.
func (f *Fonts) Missing() string {
	const shown = 5
	var names []string
	for _, r := range slices.Sorted(maps.Keys(f.missing)) {
		names = append(names, fmt.Sprintf("%#U", r))
	}
	if more := len(names) - shown; more > 0 {
		return fmt.Sprintf("%s and %d more letters", strings.Join(names[:shown], ", "), more)
	}
	return strings.Join(names, ", ")
}
