package main

import (
	"encoding/json"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"herbarium/internal/torchtest"
)

// data is where photos and nets for tests lie, or the test is skipped.
func data(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("HERBARIUM_DATA")
	if dir == "" {
		dir = "../../../shared/data"
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skip("no test data: neither $HERBARIUM_DATA nor ../shared/data")
	}
	return dir
}

// The published nets, in legacy files, give on photos what PyTorch 1.13 gave (reference-logits.json).
func TestPublishedNetsGiveTheirLogits(t *testing.T) {
	torchtest.Pin(t)
	dir := data(t)
	text, err := os.ReadFile(filepath.Join(dir, "nets/reference-logits.json"))
	if err != nil {
		t.Fatal(err)
	}
	var reference struct {
		Nets map[string]struct{ First16 map[string][]float32 }
	}
	if err := json.Unmarshal(text, &reference); err != nil {
		t.Fatal(err)
	}
	if len(reference.Nets) != 2 {
		t.Fatalf("%d nets, want 2", len(reference.Nets))
	}
	for name, net := range reference.Nets {
		model, _ := adopted(t, filepath.Join(dir, "nets", name))
		var images, want []float32
		photos := slices.Sorted(maps.Keys(net.First16))
		for _, photo := range photos {
			images = append(images, pixels(t, filepath.Join(dir, photo))...)
			want = append(want, net.First16[photo]...)
		}
		if len(photos) != 16 {
			t.Errorf("%s: %d photos, want 16", name, len(photos))
		}
		far := farthest(want, logits(t, model, len(photos), 32, images))
		t.Logf("%s: logits are off by %.2g", name, far)
		if !(far < 1e-3) {
			t.Errorf("%s: logits are off by %g", name, far)
		}
	}
}

// pixels is a photo as [3,H,W] in [0,1].
func pixels(t *testing.T, path string) []float32 {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	b := img.Bounds()
	out := make([]float32, 3*b.Dx()*b.Dy())
	for y := range b.Dy() {
		for x := range b.Dx() {
			red, green, blue, _ := img.At(b.Min.X+x, b.Min.Y+y).RGBA()
			for c, v := range []uint32{red, green, blue} {
				out[(c*b.Dy()+y)*b.Dx()+x] = float32(v>>8) / 255
			}
		}
	}
	return out
}
