package dataset

import (
	"os"
	"path/filepath"
	"testing"

	"herbarium/internal/images"
)

// photos is a folder of the test data that is never part of the project.
func photos(t testing.TB, parts ...string) string {
	t.Helper()
	root := os.Getenv("HERBARIUM_DATA")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "data")
	}
	dir := filepath.Join(append([]string{root}, parts...)...)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no test data: %v (set HERBARIUM_DATA to where it is)", err)
	}
	return dir
}

// BenchmarkPhotos decodes 224-pixel JPEGs to 96 pixels on all CPUs.
func BenchmarkPhotos(b *testing.B) {
	src, err := openFolder([]string{photos(b, "oxford12", "train")}, Options{Frame: Frame{Height: 96, Width: 96}})
	if err != nil {
		b.Fatal(err)
	}
	order := Order(src.Len(), false, 0, 0)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		err := Each(src, order, 0, func(p images.Picture, err error) error {
			n++
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "images/s")
}
