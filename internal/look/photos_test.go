package look

import (
	"slices"
	"strings"
	"testing"

	"herbarium/format"
	"herbarium/internal/images"
)

func TestPhotosOfADocument(t *testing.T) {
	batch := images.Batch{Height: 1, Width: 1, Items: []images.Item{{"name": "a"}, {}}, Classes: []string{"rose", "tulip"}, Labels: []int64{1, images.NoLabel},
		U8: []byte{0, 51, 255, 1, 2, 3}}
	photos := func() ([]Photo, error) {
		t.Helper()
		d, err := batch.Document()
		if err != nil {
			t.Fatal(err)
		}
		return Photos(d)
	}
	got, err := photos()
	if err != nil || len(got) != 2 || !slices.Equal(got[0].Pixels, []float32{0, 0.2, 1}) {
		t.Fatalf("photos %v, error %v", got, err)
	}
	if got[0].Label([]string{"tulip"}) != 0 || got[0].Label([]string{"rose"}) != images.NoLabel || got[1].Label([]string{""}) != images.NoLabel {
		t.Error("labels are not by name")
	}
	if !slices.Equal(got[1].bytes(), []byte{1, 2, 3}) || got[1].Name() == "" {
		t.Errorf("photo %q is %v", got[1].Name(), got[1].bytes())
	}
	batch.U8, batch.F32 = nil, []float32{0, 0.5, 1, 0, 1.5, 0}
	if _, err := photos(); err == nil || !strings.Contains(err.Error(), "has values from 0 to 1.5, want pixels from 0 to 1") {
		t.Errorf("a value of 1.5: %v", err)
	}
	if _, err := Photos(&format.Document{Meta: map[string]string{"kind": "net"}}); err == nil {
		t.Error("a net has photos")
	}
}
