package dataset

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// mustDecode decodes a file of testdata.
func mustDecode(t *testing.T, name string) upright {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	p, err := open(data, DefaultPixels)
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
	for _, name := range []string{"444", "422", "420", "420-progressive", "gray",
		"wide-chroma", "uneven-chroma", "tall-luma-progressive", "third-progressive"} {
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

// Formats other than JPEG decode to what Pillow makes of them, laid on white; lossy ones nearly.
func TestFormatsDecodeLikePillow(t *testing.T) {
	files, err := filepath.Glob("testdata/formats/*")
	if err != nil || len(files) < 30 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	// Chroma of WebP is upsampled and rounded in other steps; inverse cosine transforms differ, and with YCCK colors
	// of which many lie outside of RGB are clipped in between.
	tolerance := map[string]int{"webp-lossy": 3, "webp-alpha": 3, "cmyk": 3, "ycck": 4}
	for _, file := range files {
		file = strings.TrimPrefix(file, "testdata/")
		if strings.HasSuffix(file, ".ref.png") {
			continue
		}
		name := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
		got, h, w := mustOpen(t, file)
		want, wh, ww := mustOpen(t, "formats/"+name+".ref.png")
		if h != wh || w != ww {
			t.Errorf("%s: %dx%d, want %dx%d", name, h, w, wh, ww)
			continue
		}
		largest, share := worst(t, got, want)
		t.Logf("%s: largest difference %d, %.2f%% differ", name, largest, 100*share)
		if largest > tolerance[name] {
			t.Errorf("%s: largest difference %d, %.2f%% of values differ", name, largest, 100*share)
		}
	}
}

// A photo that says how the camera was held is seen upright, whatever size it is brought to.
func TestOrientation(t *testing.T) {
	frames := map[string]Frame{
		"as it is":  {},
		"cut":       {Height: 9, Width: 6},
		"letterbox": {Height: 10, Width: 9, Fit: true}, // bars of unequal width above and below
		"prepared":  {Height: 8, Width: 8, Resize: 11, Filter: Bilinear},
	}
	want := mustDecode(t, "turned.png")
	for n := 1; n <= 8; n++ {
		files, err := filepath.Glob(fmt.Sprintf("testdata/turned-%d.*", n))
		if err != nil || len(files) != 1 {
			t.Fatalf("%v, %v", files, err)
		}
		got := mustDecode(t, filepath.Base(files[0]))
		if got.orientation != orientation(n) {
			t.Errorf("%s: orientation %d, want %d", files[0], got.orientation, n)
		}
		pix, h, w := Frame{}.apply(got)
		if wh, ww := want.size(); h != wh || w != ww {
			t.Errorf("%s: %dx%d, want %dx%d", files[0], h, w, wh, ww)
			continue
		}
		tolerance := 0
		if filepath.Ext(files[0]) == ".jpg" {
			tolerance = 6
		}
		if largest, _ := worst(t, pix, want.planar()); largest > tolerance {
			t.Errorf("%s: differs by %d", files[0], largest)
		}
		turned := upright{planes{pix, 3, h, w}, asStored}
		for name, frame := range frames {
			a, _, _ := frame.apply(got)
			b, _, _ := frame.apply(turned)
			if largest, share := worst(t, a, b); largest > 0 {
				t.Errorf("%s, %s: differs by %d, in %.1f%%, from turning it before", files[0], name, largest, 100*share)
			}
		}
	}
}

// filterNamed is the filter of a test case.
func filterNamed(t *testing.T, name string) Filter {
	t.Helper()
	f, err := ParseFilter(name)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// readJSON reads a file of testdata.
func readJSON(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestResampleEqualsPillow(t *testing.T) {
	var cases []struct {
		Box          [4]float64
		Size         [2]int
		Filter, File string
	}
	readJSON(t, "cases.json", &cases)
	src := mustDecode(t, "source.png")
	for _, c := range cases {
		b := box{c.Box[0], c.Box[1], c.Box[2], c.Box[3]}
		got := src.resample(b, c.Size[0], c.Size[1], filterNamed(t, c.Filter))
		want, _, _ := mustOpen(t, c.File)
		if largest, share := worst(t, got, want); largest > 0 {
			t.Errorf("%s: largest difference %d, %.2f%% of values differ", c.File, largest, 100*share)
		}
	}
}

func TestPrepareEqualsTorchvision(t *testing.T) {
	var cases []struct {
		Transposed   bool
		Resize, Crop int
		Filter, File string
	}
	readJSON(t, "prepare.json", &cases)
	for _, c := range cases {
		src := mustDecode(t, "source.png")
		if c.Transposed {
			src.orientation = 5
		}
		frame := Frame{Height: c.Crop, Width: c.Crop, Resize: c.Resize, Filter: filterNamed(t, c.Filter)}
		got, h, w := frame.apply(src)
		want, wh, ww := mustOpen(t, c.File)
		if h != wh || w != ww {
			t.Errorf("%s: %dx%d, want %dx%d", c.File, h, w, wh, ww)
			continue
		}
		if largest, share := worst(t, got, want); largest > 0 {
			t.Errorf("%s: largest difference %d, %.2f%% of values differ", c.File, largest, 100*share)
		}
	}
}
