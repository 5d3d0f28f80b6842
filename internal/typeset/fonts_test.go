package typeset

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"codeberg.org/go-fonts/dejavu/dejavusans"
	"codeberg.org/go-fonts/dejavu/dejavusansbold"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goitalic"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/goregular"
)

func save(t *testing.T, data []byte, parts ...string) string {
	t.Helper()
	path := filepath.Join(parts...)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// collection is a file with several fonts (OpenType specification, Font Collections): a header, then the fonts, whose
// tables are found from the start of the file.
func collection(fonts ...[]byte) []byte {
	out := binary.BigEndian.AppendUint32([]byte("ttcf\x00\x01\x00\x00"), uint32(len(fonts)))
	at := len(out) + 4*len(fonts)
	for _, ttf := range fonts {
		out = binary.BigEndian.AppendUint32(out, uint32(at))
		at += len(ttf)
	}
	for _, ttf := range fonts {
		moved := slices.Clone(ttf)
		for i := range int(binary.BigEndian.Uint16(ttf[4:])) {
			offset := moved[12+16*i+8:]
			binary.BigEndian.PutUint32(offset, binary.BigEndian.Uint32(offset)+uint32(len(out)))
		}
		out = append(out, moved...)
	}
	return out
}

func TestNamedFilesComeFirst(t *testing.T) {
	dir := t.TempDir()
	regular, bold := save(t, dejavusans.TTF, dir, "r.ttf"), save(t, dejavusansbold.TTF, dir, "b.ttf")
	f := fonts(t, regular, bold)
	if f.Simple("rose", false) {
		t.Error("text in a named font is simple")
	}
	for _, isBold := range []bool{false, true} {
		if got := faces(f.Set("rose 12", isBold)); len(got) != 1 || got[0] != f.named[weight(isBold)].face(isBold) {
			t.Errorf("bold %v: not in the file of this weight", isBold)
		}
	}
	// What they lack comes from the others.
	f = fonts(t, save(t, goregular.TTF, dir, "go.ttf"))
	if got := faces(f.Set("ורד", false)); len(got) != 1 || got[0] != f.builtIn[0].face(false) {
		t.Error("Hebrew is not in DejaVu Sans")
	}
	for path, want := range map[string]string{
		filepath.Join(dir, "none.ttf"):                                "none.ttf: no such file",
		save(t, []byte("hello"), dir, "text.ttf"):                     "text.ttf: no TrueType or OpenType font",
		save(t, goregular.TTF[:len(goregular.TTF)/2], dir, "cut.ttf"): "cut.ttf: a font without outlines",
		save(t, nil, dir, "empty.ttf"):                                "empty.ttf: no TrueType or OpenType font",
	} {
		if _, err := New(goregular.TTF, gobold.TTF, path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestInstalled: all fonts below the folders are found, by links and in collections, however the folders are ordered; what is
// no font is left out.
func TestInstalled(t *testing.T) {
	dir := t.TempDir()
	one, two := filepath.Join(dir, "one"), filepath.Join(dir, "two")
	save(t, gomono.TTF, one, "deep", "a.ttf")
	save(t, []byte("no font"), one, "b.ttf")
	save(t, goregular.TTF, one, "c.txt")
	save(t, collection(goitalic.TTF, dejavusans.TTF), two, "d.TTC")
	save(t, goregular.TTF, two, "e.otf")
	save(t, goregular.TTF[:300], two, "f.otf")
	if err := os.Symlink(two, filepath.Join(dir, "linked")); err != nil {
		t.Fatal(err)
	}
	names := func(folders ...string) []string {
		all := installed(folders)
		slices.SortFunc(all, func(a, b *source) int { return a.compare(b, false) })
		var out []string
		for _, s := range all {
			out = append(out, s.family)
		}
		return out
	}
	want := []string{"dejavusans", "go", "gomono", "go"} // without serifs, then by name; italics last
	for _, folders := range [][]string{{one, two}, {two, one}, {filepath.Join(dir, "linked"), one, two, one, "/nowhere"}} {
		if diff := cmp.Diff(want, names(folders...)); diff != "" {
			t.Errorf("%v: %s", folders, diff)
		}
	}
}

// TestLettersOfInstalledFonts: the first that has them, and draws them, gives letters that are not built in.
func TestLettersOfInstalledFonts(t *testing.T) {
	dir := t.TempDir()
	save(t, collection(goitalic.TTF, dejavusans.TTF), dir, "x.ttc")
	f := fonts(t)
	f.builtIn = f.base
	f.installed = installed([]string{dir})
	if got := faces(f.Set("ורד", true)); len(got) != 1 || got[0] != f.installed[1].face(true) || f.Missing() != "" {
		t.Errorf("%d fonts, missing %q", len(got), f.Missing())
	}
	// Blank Braille has an empty outline, as colored emoji have.
	f.Set("\u2801", false)
	if f.Missing() != "" {
		t.Errorf("missing %q", f.Missing())
	}
	f.Set("\u2800", false)
	if f.Missing() == "" {
		t.Error("an empty outline is a letter")
	}
	// A font that has gone since is as one that is not there.
	f = fonts(t)
	f.builtIn = f.base
	f.installed = installed([]string{dir})
	os.Remove(filepath.Join(dir, "x.ttc"))
	if f.Set("ורד", false); f.Missing() == "" {
		t.Error("a file that is gone has letters")
	}
}

func TestFolders(t *testing.T) {
	env := map[string]string{"HOME": "/home/x", "XDG_DATA_DIRS": "/a:/b"}
	got := folders(func(key string) string { return env[key] })
	for _, want := range []string{"/a/fonts", "/b/fonts", "/home/x/.fonts", "/home/x/.local/share/fonts", "/usr/share/fonts"} {
		if !slices.Contains(got, want) {
			t.Errorf("%s is not among %v", want, got)
		}
	}
	for _, folder := range folders(func(string) string { return "" }) {
		if !filepath.IsAbs(folder) {
			t.Errorf("%s", folder)
		}
	}
}
