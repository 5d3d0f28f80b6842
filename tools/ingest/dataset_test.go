package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"herbarium/format"
	"herbarium/internal/arch"
	"herbarium/internal/graph"
	"herbarium/internal/images"
)

// network writes a small net for images of shape in.
func network(t *testing.T, path string, in graph.Shape, prepare *graph.Prepare) {
	t.Helper()
	g, err := arch.Build("resnet20", arch.Options{Classes: 2, Mean: make([]float64, in[0]), Std: slices.Repeat([]float64{1}, in[0])})
	if err != nil {
		t.Fatal(err)
	}
	params, err := arch.Init(g, in, 1)
	if err != nil {
		t.Fatal(err)
	}
	d, err := (&graph.Net{Graph: g, Params: params, Input: in, Prepare: prepare}).Document()
	if err != nil {
		t.Fatal(err)
	}
	var buf bytes.Buffer
	w := format.NewWriter(&buf, format.WriterOptions{})
	if err := w.Write(d); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	write(t, path, buf.Bytes())
}

// --for takes the net's size, or does what the net says; the net is in the provenance.
func TestFor(t *testing.T) {
	root := herbarium(t, false)
	network(t, filepath.Join(root, "plain"), graph.Shape{3, 32, 32}, nil)
	network(t, filepath.Join(root, "adopted"), graph.Shape{3, 32, 32}, &graph.Prepare{Resize: 40, Crop: 32, Interpolation: "bilinear"})
	plain := ingest(t, root, "", "photos", "--for", "plain", "--no-prov")
	if size := ingest(t, root, "", "photos", "--size", "32", "--no-prov"); plain.code != 0 || !bytes.Equal(plain.stdout, size.stdout) {
		t.Errorf("a net that says nothing: status %d, stderr %q, not what --size 32 gives", plain.code, plain.stderr)
	}
	adopted := ingest(t, root, "", "photos", "--for", "adopted", "--no-prov")
	b := batches(t, adopted.stdout)
	if adopted.code != 0 || len(b) != 1 || b[0].Height != 32 || bytes.Equal(adopted.stdout, plain.stdout) {
		t.Fatalf("a net that says how: status %d, stderr %q", adopted.code, adopted.stderr)
	}
	// Of 8x6 pixels 53x40 are made, and 32x32 cut from column 10 on. Green is 10 a source pixel: 10*(10.5*8/53 - 0.5).
	if first, last := b[0].U8[1024], b[0].U8[1024+31]; first != 11 || last != 58 {
		t.Errorf("green goes from %d to %d, want 11 to 58", first, last)
	}
	network(t, filepath.Join(root, "adopted"), graph.Shape{3, 32, 32}, &graph.Prepare{Resize: 41, Crop: 32, Interpolation: "bilinear"})
	if other := ingest(t, root, "", "photos", "--for", "adopted", "--no-prov"); bytes.Equal(other.stdout, adopted.stdout) {
		t.Error("another net, the same pictures")
	}
	for name, args := range map[string][]string{
		"missing": {"photos", "--for", "nowhere"}, "no net": {"photos", "--for", "empty"}, "not a stream": {"photos", "--for", "photos/aster/1.png"},
	} {
		write(t, filepath.Join(root, "empty"), ingest(t, root, "", "photos").stdout)
		if got := ingest(t, root, "", append(args, "-o", "out")...); got.code != 1 || !strings.HasPrefix(got.stderr, "ingest: ") {
			t.Errorf("%s: status %d, stderr %q", name, got.code, got.stderr)
		}
	}
}

// --for and --gray make the same images for a net that sees gray.
func TestForGray(t *testing.T) {
	root := herbarium(t, false)
	network(t, filepath.Join(root, "net"), graph.Shape{1, 32, 32}, nil)
	network(t, filepath.Join(root, "four"), graph.Shape{4, 32, 32}, nil)
	for_ := ingest(t, root, "", "photos", "--for", "net", "--no-prov")
	gray := ingest(t, root, "", "photos", "--gray", "--size", "32", "--no-prov")
	if for_.code != 0 || gray.code != 0 || !bytes.Equal(for_.stdout, gray.stdout) {
		t.Fatalf("status %d and %d, stderr %q and %q, or different images", for_.code, gray.code, for_.stderr, gray.stderr)
	}
	if b := batches(t, gray.stdout)[0]; b.Channels() != images.Gray || b.Height != 32 {
		t.Errorf("images of shape %v", b.Shape())
	}
	if bad := ingest(t, root, "", "photos", "--for", "four"); bad.code != 1 || !strings.Contains(bad.stderr, "four: the net takes images of 4 channels") {
		t.Errorf("status %d, stderr %q", bad.code, bad.stderr)
	}
}

// A data set in its published form, with names for its numbers.
func TestPublished(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "mnist/train-images-idx3-ubyte"), []byte("\x00\x00\x08\x03\x00\x00\x00\x02\x00\x00\x00\x01\x00\x00\x00\x02\x01\x02\x03\x04"))
	write(t, filepath.Join(root, "mnist/train-labels-idx1-ubyte"), []byte("\x00\x00\x08\x01\x00\x00\x00\x02\x07\x00"))
	write(t, filepath.Join(root, "names"), []byte("zero\none\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\n"))
	got := ingest(t, root, "", "mnist", "--split", "train", "--classes", "names")
	if got.code != 0 {
		t.Fatalf("status %d, stderr %q", got.code, got.stderr)
	}
	if b := batches(t, got.stdout)[0]; b.Class(0) != "seven" || b.Class(1) != "zero" || b.Channels() != images.Gray || !bytes.Equal(b.U8, []byte{1, 2, 3, 4}) {
		t.Errorf("classes %v, labels %v, values %v", b.Classes, b.Labels, b.U8)
	}
	got = ingest(t, root, "", "mnist", "--split", "train", "--color")
	if b := batches(t, got.stdout)[0]; b.Channels() != images.RGB || !bytes.Equal(b.U8, []byte{1, 2, 1, 2, 1, 2, 3, 4, 3, 4, 3, 4}) {
		t.Errorf("--color: values %v, stderr %q", b.U8, got.stderr)
	}
	if bad := ingest(t, root, "", "mnist"); bad.code != 1 || !strings.Contains(bad.stderr, "say --split train, test or all") {
		t.Errorf("status %d, stderr %q", bad.code, bad.stderr)
	}
	if bad := ingest(t, root, "", "mnist", "--split", "train", "--classes", "nowhere"); bad.code != 1 {
		t.Errorf("status %d, stderr %q", bad.code, bad.stderr)
	}
}

// The dependency file is there with the output, and after a failure is not.
func TestDepfile(t *testing.T) {
	root := herbarium(t, false)
	got := ingest(t, root, "", "photos", "--size", "4", "-o", "out.st.zst", "--depfile", "out.d")
	text, err := os.ReadFile(filepath.Join(root, "out.d"))
	if err != nil || got.code != 0 {
		t.Fatalf("status %d, stderr %q, %v", got.code, got.stderr, err)
	}
	want := "out.st.zst: \\\n  photos/ \\\n  photos/aster/ \\\n  photos/rose/ \\\n  photos/aster/1.png \\\n  photos/aster/2.png \\\n" +
		"  photos/rose/3.png \\\n  photos/rose/with,\\ comma.png\n"
	if rule, _, _ := strings.Cut(string(text), "\n\n"); rule+"\n" != want {
		t.Errorf("got\n%swant\n%s", text, want)
	}
	if listed := ingest(t, root, "photos/rose/3.png\n", "--files-from", "-", "-o", "l", "--depfile", "l.d"); listed.code != 0 {
		t.Errorf("status %d, stderr %q", listed.code, listed.stderr)
	}
	if text, err := os.ReadFile(filepath.Join(root, "l.d")); err != nil || !strings.HasPrefix(string(text), "l: \\\n  photos/rose/3.png\n") {
		t.Errorf("%q, %v", text, err)
	}
	failed := herbarium(t, true)
	ingest(t, failed, "", "photos", "--strict", "-o", "x", "--depfile", "x.d")
	if left, err := filepath.Glob(filepath.Join(failed, "*x*")); err != nil || len(left) > 0 {
		t.Errorf("a failure left %v", left)
	}
}
