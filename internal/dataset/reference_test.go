package dataset

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// mustDecode decodes a file of testdata.
func mustDecode(t *testing.T, name string) rows {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	p, err := open(data)
	if err != nil {
		t.Fatal(err)
	}
	src, err := p.pixels()
	if err != nil {
		t.Fatal(err)
	}
	return src
}

// mustOpen decodes a file of testdata to [3,H,W].
func mustOpen(t *testing.T, name string) (chw []byte, height, width int) {
	t.Helper()
	return Frame{}.apply(mustDecode(t, name))
}

// worst is the largest difference between two pictures and the share of values that differ.
func worst(t *testing.T, got, want []byte) (largest int, share float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d values, want %d", len(got), len(want))
	}
	differ := 0
	for i, v := range got {
		d := int(v) - int(want[i])
		largest = max(largest, d, -d)
		if d != 0 {
			differ++
		}
	}
	return largest, float64(differ) / float64(len(got))
}

func TestJPEGDecodesLikeLibjpeg(t *testing.T) {
	for _, name := range []string{"444", "422", "420", "420-progressive", "gray"} {
		got, h, w := mustOpen(t, "jpeg-"+name+".jpg")
		want, wh, ww := mustOpen(t, "jpeg-"+name+".png")
		if h != wh || w != ww {
			t.Errorf("%s: %dx%d, want %dx%d", name, h, w, wh, ww)
			continue
		}
		largest, share := worst(t, got, want)
		t.Logf("%s: largest difference %d, %.2f%% differ", name, largest, 100*share)
		if largest > 3 || share > 0.05 { // the inverse cosine transforms round differently
			t.Errorf("%s: largest difference %d, %.2f%% of values differ", name, largest, 100*share)
		}
	}
}

func TestResampleEqualsPillow(t *testing.T) {
	text, err := os.ReadFile("testdata/cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Box  [4]float64
		Size [2]int
		File string
	}
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	src := mustDecode(t, "source.png")
	for _, c := range cases {
		got := resample(src, box{c.Box[0], c.Box[1], c.Box[2], c.Box[3]}, c.Size[0], c.Size[1])
		want, _, _ := mustOpen(t, c.File)
		if largest, share := worst(t, got, want); largest > 0 {
			t.Errorf("%s: largest difference %d, %.2f%% of values differ", c.File, largest, 100*share)
		}
	}
}
