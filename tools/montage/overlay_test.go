package main

import (
	"bytes"
	"image/png"
	"math"
	"strings"
	"testing"

	"herbarium/format"
	"herbarium/internal/images"
)

// heated is a stream of two gray pictures of 8x6 with heat maps [2,S,1,2].
func heated(t *testing.T, names []string, values ...float32) []byte {
	t.Helper()
	b := &images.Batch{Height: 6, Width: 8, U8: bytes.Repeat([]byte{100}, 2*3*6*8),
		Items: []images.Item{{"name": "a", "class": "rose", "explained": "rose", "error": map[string]any{"layer3.1": 0.25}}, {"name": "b"}}}
	heat := format.Of("", []int{2, len(values) / 4, 1, 2}, values)
	if err := b.SetHeat(names, heat); err != nil {
		t.Fatal(err)
	}
	d, err := b.Document()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := format.NewWriter(&out, format.WriterOptions{})
	if err := w.Write(d); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestOverlaySheet(t *testing.T) {
	input := heated(t, []string{"fine", "coarse"}, 0, 2, 0, 0, -1, 3, 4, 0)
	plain, both := []byte{}, []byte{}
	for args, out := range map[string]*[]byte{"--columns 3": &plain, "--overlay --columns 3": &both} {
		status, stdout, stderr := montage(t, input, strings.Fields(args)...)
		if status != 0 {
			t.Fatal(stderr)
		}
		*out = stdout
	}
	a, err := png.Decode(bytes.NewReader(plain))
	if err != nil {
		t.Fatal(err)
	}
	b, err := png.Decode(bytes.NewReader(both))
	if err != nil {
		t.Fatal(err)
	}
	// Two pictures with two maps each are two rows of three.
	if a.Bounds().Dx() >= b.Bounds().Dx() || a.Bounds().Dy() >= b.Bounds().Dy() {
		t.Errorf("with overlays %v, without %v", b.Bounds(), a.Bounds())
	}
}

func TestOverlayEach(t *testing.T) {
	input := heated(t, []string{"fine", "layer3.1"}, 0, 2, 0, 0, -1, 3, 4, 0)
	status, _, stderr := montage(t, input, "--overlay", "--each", "{name}-{map}-{map_most:.1f}.png")
	if status != 0 {
		t.Fatal(stderr)
	}
	if got, want := tree(t), "a-fine-2.0.png a-layer3.1-0.0.png b-fine-3.0.png b-layer3.1-4.0.png"; got != want {
		t.Errorf("files %s, want %s", got, want)
	}
}

func TestHeatCaption(t *testing.T) {
	for _, test := range []struct {
		low, high float64
		explained string
		want      string
	}{
		{0, 3.14, "rose", "for rose/fine/dark 0, bright 3.1"},
		{-2, 2, "", "fine/blue −2.0, red 2.0"},
		{0, 0, "rose", "for rose/fine/0 everywhere"},
	} {
		p := &picture{item: images.Item{"explained": test.explained, "name": "x", "class": "daisy"}, class: "daisy",
			heat: &heatMap{name: "fine", low: test.low, high: test.high}}
		var got []string
		for _, line := range p.caption("", false) {
			got = append(got, line.Text)
		}
		if text := strings.Join(got, "/"); text != test.want {
			t.Errorf("%q, want %q", text, test.want)
		}
	}
}

func TestOverlayRefusals(t *testing.T) {
	nan := float32(math.NaN())
	for _, test := range []struct {
		input        []byte
		args, stderr string
	}{
		{stream(t, photos("daisy/1.jpg")...), "--overlay",
			"montage: --overlay: no heat maps in the input\nmontage: hint: score --explain gradcam adds them\n"},
		{heated(t, []string{"fine"}, 0, 1, nan, 0), "--overlay",
			"montage: document 1 (images): item 1 (b): heat map \"fine\" has values that are not numbers\n"},
		{heated(t, []string{"fine", "coarse"}, 0, 1, 0, 0, 0, 0, 0, 0), "--overlay --each {name}.png",
			"item 0 (a): --each: a.png would be picture 0 and picture 0\n"},
	} {
		status, out, stderr := montage(t, test.input, strings.Fields(test.args)...)
		if status != 1 || !strings.Contains(stderr, test.stderr) || len(out) > 0 || tree(t) != "" {
			t.Errorf("%s: status %d, %s, files %q", test.args, status, stderr, tree(t))
		}
	}
	// Maps that nobody asks for are not looked at.
	if status, _, stderr := montage(t, heated(t, []string{"fine"}, 0, 1, nan, 0)); status != 0 {
		t.Error(stderr)
	}
}

func TestKeyWithinAKey(t *testing.T) {
	status, _, stderr := montage(t, heated(t, []string{"fine"}, 0, 1, 0, 1), "--each", "{name}{error.layer3.1:.2f}.png")
	if status != 1 || !strings.Contains(stderr, `item 1 (b): --each: the picture has no "error.layer3.1"`) {
		t.Errorf("status %d, %s", status, stderr)
	}
	status, _, stderr = again(heated(t, []string{"fine"}, 0, 1, 0, 1), "--first", "1", "--each", "{name}{error.layer3.1:.2f}.png")
	if status != 0 || tree(t) != "a0.25.png" {
		t.Errorf("%s, files %s", stderr, tree(t))
	}
}
