package typeset

import (
	"bytes"
	"cmp"
	"errors"
	"math"
	"os"
	"strings"
	"unicode"

	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/font/opentype"
	"github.com/go-text/typesetting/font/opentype/tables"
	"github.com/go-text/typesetting/harfbuzz"
)

// source is a font: one that is built in, or one of a file.
type source struct {
	data  []byte // if it is built in
	path  string
	index int // in a collection

	family string
	aspect font.Aspect
	cmap   font.Cmap
	faces  [2]*font.Face // regular, bold; nil until they are needed, or if they cannot be read
	read   [2]bool
}

// read returns the fonts of a file that have outlines, with what is needed to choose among them.
func read(file opentype.Resource, path string) (out []*source, err error) {
	defer survive(func() { out, err = nil, errors.New("its tables are broken") })
	loaders, err := opentype.NewLoaders(file)
	if err != nil {
		return nil, err
	}
	for i, loader := range loaders {
		if !hasOutlines(loader) {
			continue
		}
		s := &source{path: path, index: i}
		if err := s.describe(loader); err != nil {
			return nil, err
		}
		if s.family != "lastresort" { // which has boxes for all letters there are
			out = append(out, s)
		}
	}
	return out, nil
}

// survive, deferred, calls broken if the library has stumbled over a broken font.
func survive(broken func()) {
	if recover() != nil {
		broken()
	}
}

func hasOutlines(loader *opentype.Loader) bool {
	for _, table := range []string{"glyf", "CFF ", "CFF2"} {
		if loader.HasTable(opentype.MustNewTag(table)) {
			return true
		}
	}
	return false
}

func (s *source) describe(loader *opentype.Loader) error {
	description, _ := font.Describe(loader, nil)
	s.family, s.aspect = font.NormalizeFamily(description.Family), description.Aspect
	s.aspect.SetDefaults()
	raw, err := loader.RawTable(opentype.MustNewTag("cmap"))
	if err != nil {
		return err
	}
	table, _, err := tables.ParseCmap(raw)
	if err != nil {
		return err
	}
	s.cmap, _, err = font.ProcessCmap(table, tables.FPNone)
	return err
}

// face is the font at a weight, which counts where it is variable; nil if it cannot be read.
func (s *source) face(bold bool) *font.Face {
	i := weight(bold)
	if !s.read[i] {
		s.faces[i], s.read[i] = s.load(bold), true
	}
	return s.faces[i]
}

func (s *source) load(bold bool) (face *font.Face) {
	defer survive(func() { face = nil })
	var file opentype.Resource = bytes.NewReader(s.data)
	if s.data == nil {
		opened, err := os.Open(s.path)
		if err != nil {
			return nil
		}
		defer opened.Close()
		file = opened
	}
	loaders, err := opentype.NewLoaders(file)
	if err != nil || s.index >= len(loaders) {
		return nil
	}
	loaded, err := font.NewFont(loaders[s.index])
	if err != nil {
		return nil
	}
	face = font.NewFace(loaded)
	face.SetVariations([]font.Variation{{Tag: opentype.MustNewTag("wght"), Value: float32(wanted(bold))}})
	return face
}

// maps says that the font promises all these letters.
func (s *source) maps(letters []rune) bool {
	for _, r := range letters {
		if _, ok := s.cmap.Lookup(r); !ok {
			return false
		}
	}
	return true
}

// draws says that it keeps the promise: fonts of colored emoji have empty outlines.
func (s *source) draws(letters []rune, bold bool) (all bool) {
	defer survive(func() { all = false })
	face := s.face(bold)
	if face == nil {
		return false
	}
	for _, r := range letters {
		glyph, ok := face.NominalGlyph(r)
		if !ok {
			return false
		}
		if outline, ok := face.GlyphDataOutline(glyph); !blank(r) && (!ok || len(outline.Segments) == 0) {
			return false
		}
	}
	return true
}

// drawsAny says that it draws one of its first letters.
func (s *source) drawsAny() bool {
	letters := s.cmap.Iter()
	for range 1000 {
		if !letters.Next() {
			break
		}
		if r, _ := letters.Char(); !blank(r) && s.draws([]rune{r}, false) {
			return true
		}
	}
	return false
}

// blank letters show nothing.
func blank(r rune) bool { return unicode.IsSpace(r) || harfbuzz.IsDefaultIgnorable(r) }

func wanted(bold bool) font.Weight {
	if bold {
		return font.WeightBold
	}
	return font.WeightNormal
}

func (s *source) offWeight(bold bool) float64 {
	return math.Abs(float64(s.aspect.Weight - wanted(bold)))
}

// compare orders fonts that are installed: upright ones without serifs first, those nearest to the weight and of normal
// width, then by name. It depends on what is installed, and not on where it is found first.
func (s *source) compare(t *source, bold bool) int {
	return cmp.Or(
		cmp.Compare(s.aspect.Style, t.aspect.Style),
		cmp.Compare(s.plainness(), t.plainness()),
		cmp.Compare(s.offWeight(bold), t.offWeight(bold)),
		cmp.Compare(math.Abs(float64(s.aspect.Stretch-font.StretchNormal)), math.Abs(float64(t.aspect.Stretch-font.StretchNormal))),
		cmp.Compare(s.family, t.family),
		cmp.Compare(s.path, t.path),
		cmp.Compare(s.index, t.index))
}

func (s *source) plainness() int {
	if strings.Contains(s.family, "sans") && !strings.Contains(s.family, "mono") {
		return 0
	}
	return 1
}
