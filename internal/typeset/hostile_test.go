package typeset

import (
	"math/rand"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"codeberg.org/go-fonts/dejavu/dejavusans"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
)

// TestBrokenFonts: a file with bytes that are wrong is refused, or text is set all the same.
func TestBrokenFonts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.ttf")
	refused := 0
	for seed := range 60 {
		random := rand.New(rand.NewSource(int64(seed)))
		ttf := slices.Clone(dejavusans.TTF)
		for range 1 + random.Intn(200) {
			ttf[random.Intn([]int{len(ttf), 20000}[random.Intn(2)])] = byte(random.Intn(256))
		}
		if err := os.WriteFile(path, ttf, 0o644); err != nil {
			t.Fatal(err)
		}
		f, err := New(goregular.TTF, gobold.TTF, path)
		if err != nil {
			refused++
			continue
		}
		f.looked = true
		line := f.Set("rose ورد ורד ả", false)
		line.Trace(&bounds{})
		if len(line.glyphs) == 0 {
			t.Errorf("seed %d: nothing is set", seed)
		}
	}
	if refused == 0 || refused == 60 {
		t.Errorf("%d of 60 files are refused: this test sees little", refused)
	}
}
