package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"herbarium/format"
	"herbarium/internal/images"
)

// program is the tool, built without cgo.
var program string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "ingest")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	program = filepath.Join(dir, "ingest")
	build := exec.Command("go", "build", "-o", program, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// result is what one run left behind.
type result struct {
	stdout []byte
	stderr string
	code   int
}

// ingest runs the tool in a folder.
func ingest(t *testing.T, dir, stdin string, args ...string) result {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Dir = dir
	cmd.Stdin = strings.NewReader(stdin)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return result{stdout.Bytes(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// batches reads a stream to its end.
func batches(t *testing.T, stream []byte) (out []*images.Batch) {
	t.Helper()
	r := format.NewReader(bytes.NewReader(stream), format.Limits{})
	for {
		d, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := images.FromDocument(d)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, b)
	}
}

// names are the items' names in order.
func names(all []*images.Batch) (out []string) {
	for _, b := range all {
		for _, it := range b.Items {
			out = append(out, it.Name())
		}
	}
	return out
}

// herbarium is a folder with two classes of two pictures, one of another size, and optionally a broken file.
func herbarium(t *testing.T, broken bool) string {
	t.Helper()
	root := t.TempDir()
	for i, name := range []string{"photos/aster/1.png", "photos/aster/2.png", "photos/rose/3.png", "photos/rose/with, comma.png"} {
		m := image.NewNRGBA(image.Rect(0, 0, 8, 6+i/3))
		for y := range 8 {
			for x := range 8 {
				m.SetNRGBA(x, y, color.NRGBA{byte(40 * i), byte(10 * x), byte(10 * y), 255})
			}
		}
		var buf bytes.Buffer
		if err := png.Encode(&buf, m); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(root, name), buf.Bytes())
	}
	if broken {
		write(t, filepath.Join(root, "photos/rose/0.jpg"), []byte("\xff\xd8\xff broken"))
	}
	return root
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestClassFolders(t *testing.T) {
	root := herbarium(t, false)
	got := ingest(t, root, "", "--size", "4", "photos")
	all := batches(t, got.stdout)
	if got.code != 0 || got.stderr != "" || len(all) != 1 {
		t.Fatalf("status %d, %d documents, stderr %q", got.code, len(all), got.stderr)
	}
	b := all[0]
	if want := []string{"aster/1.png", "aster/2.png", "rose/3.png", "rose/with, comma.png"}; !slices.Equal(names(all), want) {
		t.Errorf("names %q, want %q", names(all), want)
	}
	if !slices.Equal(b.Classes, []string{"aster", "rose"}) || !slices.Equal(b.Labels, []int64{0, 0, 1, 1}) {
		t.Errorf("classes %v, labels %v", b.Classes, b.Labels)
	}
	if b.Height != 4 || b.Width != 4 || b.U8[0] != 0 || b.U8[2*48] != 80 {
		t.Errorf("%dx%d, red of the first picture %d, of the third %d", b.Height, b.Width, b.U8[0], b.U8[2*48])
	}
	if sizes := batches(t, ingest(t, root, "", "photos").stdout); len(sizes) != 2 || sizes[1].Height != 7 {
		t.Errorf("without --size, pictures of two sizes are %d documents", len(sizes))
	}
}

func TestChoosingFiles(t *testing.T) {
	root := herbarium(t, false)
	whole := names(batches(t, ingest(t, root, "", "photos", "--size", "4").stdout))
	shuffled := names(batches(t, ingest(t, root, "", "photos", "--size", "4", "--shuffle", "--seed", "3").stdout))
	for name, test := range map[string]struct {
		args  []string
		stdin string
		want  []string
	}{
		"limit":           {[]string{"photos", "-n", "2"}, "", whole[:2]},
		"shuffled limit":  {[]string{"photos", "-n", "2", "--shuffle", "--seed", "3"}, "", shuffled[:2]},
		"files":           {[]string{"photos/rose/with, comma.png", "photos/aster/1.png"}, "", []string{"photos/rose/with, comma.png", "photos/aster/1.png"}},
		"list":            {[]string{"--files-from", "-"}, "photos/rose/3.png\nphotos/aster/2.png\n", []string{"photos/rose/3.png", "photos/aster/2.png"}},
		"list with NULs":  {[]string{"--files-from", "-", "-0"}, "photos/rose/3.png\x00photos/aster\x00", []string{"photos/rose/3.png", "1.png", "2.png"}},
		"list of folders": {[]string{"--files-from", "-"}, "photos\n", whole},
	} {
		got := ingest(t, root, test.stdin, append(test.args, "--size", "4")...)
		if got.code != 0 || !slices.Equal(names(batches(t, got.stdout)), test.want) {
			t.Errorf("%s: status %d, %q, stderr %q; want %q", name, got.code, names(batches(t, got.stdout)), got.stderr, test.want)
		}
	}
	slices.Sort(shuffled)
	if !slices.Equal(shuffled, whole) {
		t.Errorf("shuffling changes the files: %q", shuffled)
	}
}

func TestBrokenFiles(t *testing.T) {
	root := herbarium(t, true)
	got := ingest(t, root, "", "--size", "4", "photos")
	wantErr := "ingest: warning: skipped photos/rose/0.jpg: broken JPEG header: "
	lines := strings.Split(strings.TrimSpace(got.stderr), "\n")
	if got.code != 0 || len(lines) != 2 || !strings.HasPrefix(lines[0], wantErr) || lines[1] != "ingest: 1 of 5 pictures skipped, 4 images written" {
		t.Errorf("status %d, stderr %q", got.code, got.stderr)
	}
	if n := len(names(batches(t, got.stdout))); n != 4 {
		t.Errorf("%d pictures, want 4", n)
	}
	for name, args := range map[string][]string{
		"strict":       {"--size", "4", "--strict", "photos", "-o", "out.st.zst"},
		"none decodes": {"photos/rose/0.jpg", "-o", "out.st.zst"},
		"no such path": {"nowhere", "-o", "out.st.zst"},
	} {
		got := ingest(t, root, "", args...)
		if got.code != 1 || !strings.HasPrefix(got.stderr, "ingest: ") {
			t.Errorf("%s: status %d, stderr %q", name, got.code, got.stderr)
		}
		if _, err := os.Stat(filepath.Join(root, "out.st.zst")); err == nil {
			t.Errorf("%s: left an output file", name)
		}
	}
	// The next program of a pipe is told.
	strict := ingest(t, root, "", "--size", "4", "--strict", "photos")
	if _, err := format.NewReader(bytes.NewReader(strict.stdout), format.Limits{}).Next(); err == nil || !strings.Contains(err.Error(), "0.jpg") {
		t.Errorf("downstream reads %v, want an abort that names the file", err)
	}
}

func TestUsage(t *testing.T) {
	root := herbarium(t, false)
	for _, args := range [][]string{
		{}, {"photos", "--synthetic", "3"}, {"photos", "--files-from", "x"}, {"--synthetic", "-1"}, {"photos", "-n", "-2"},
		{"photos", "-0"}, {"photos", "--size", "4", "--crop", "--fit"}, {"photos", "--fit"}, {"--synthetic", "3", "--size", "8", "--fit"},
		{"photos", "--size", "0"}, {"photos", "--size", "4by4"}, {"photos", "--bogus"}, {"photos", "--split", "validation"},
		{"photos", "--for", "net", "--size", "4"}, {"photos", "--for", "net", "--fit"}, {"photos", "--for", "net", "--gray"}, {"photos", "--gray", "--color"}, {"--synthetic", "3", "--split", "all"},
		{"--files-from", "x", "--split", "all"}, {"photos", "--blur", "-1"}, {"photos", "--blur", "nan"}, {"photos", "--jpeg", "101"}, {"photos", "--depfile", "d"}, {"photos", "--depfile", "-", "-o", "x"},
	} {
		got := ingest(t, root, "", args...)
		if got.code != 2 || !strings.HasPrefix(got.stderr, "ingest: ") {
			t.Errorf("%q: status %d, stderr %q", args, got.code, got.stderr)
		}
	}
	help := ingest(t, root, "", "--help")
	if help.code != 0 || help.stderr != "" || !bytes.Contains(help.stdout, []byte("--files-from")) || !bytes.Contains(help.stdout, []byte("| train")) {
		t.Errorf("--help: status %d, stderr %q, stdout %q", help.code, help.stderr, help.stdout)
	}
}

func TestSynthetic(t *testing.T) {
	root := t.TempDir()
	got := ingest(t, root, "", "--synthetic", "20", "--seed", "4")
	all := batches(t, got.stdout)
	if got.code != 0 || len(all) != 1 || all[0].Len() != 20 || all[0].Height != 48 {
		t.Fatalf("status %d, %d documents, stderr %q", got.code, len(all), got.stderr)
	}
	b := all[0]
	if len(b.Classes) < 10 || b.Items[0].Text("kind") != b.Class(0) {
		t.Errorf("%d classes; first of kind %q, class %q", len(b.Classes), b.Items[0].Text("kind"), b.Class(0))
	}
	again := batches(t, ingest(t, root, "", "--synthetic", "7", "--seed", "4", "--workers", "1").stdout)[0]
	if !bytes.Equal(again.U8, b.U8[:len(again.U8)]) {
		t.Error("the first 7 of 20 flowers are not the 7 flowers of the same seed")
	}
	other := batches(t, ingest(t, root, "", "--synthetic", "7", "--seed", "5").stdout)[0]
	if bytes.Equal(again.U8, other.U8) {
		t.Error("the seed changes nothing")
	}
	if wide := batches(t, ingest(t, root, "", "--synthetic", "1", "--size", "20x30").stdout)[0]; wide.Height != 20 || wide.Width != 30 {
		t.Errorf("--size 20x30 gives %dx%d", wide.Height, wide.Width)
	}
}

// What was read is in the provenance as digests: of its content, not of where it lies.
func TestProvenance(t *testing.T) {
	prov := func(root, stdin string, args ...string) string {
		got := ingest(t, root, stdin, args...)
		d, err := format.NewReader(bytes.NewReader(got.stdout), format.Limits{}).Next()
		if err != nil {
			t.Fatal(err)
		}
		return d.Meta["prov"]
	}
	a, b := herbarium(t, false), herbarium(t, false)
	first := prov(a, "", "photos", "--size", "4")
	if !json.Valid([]byte(first)) || strings.Contains(first, a) {
		t.Errorf("provenance %s", first)
	}
	if second := prov(b, "", "photos", "--size", "4"); second != first {
		t.Errorf("the same photos elsewhere: %s, was %s", second, first)
	}
	absolute := prov(a, "", filepath.Join(a, "photos"), "--size", "4")
	if strings.Contains(absolute, a) {
		t.Errorf("an absolute path is in the provenance: %s", absolute)
	}
	if limited := prov(a, "", "photos", "--size", "4", "-n", "2"); limited == first {
		t.Error("-n is not in the provenance")
	}
	listed := prov(a, "photos/rose/3.png\n", "--files-from", "-", "--size", "4")
	data, err := os.ReadFile(filepath.Join(a, "photos/aster/1.png"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(a, "photos/rose/3.png"), data)
	if third := prov(a, "", "photos", "--size", "4"); third == first {
		t.Error("another photo under the same name: the provenance is the same")
	}
	if again := prov(a, "photos/rose/3.png\n", "--files-from", "-", "--size", "4"); again == listed {
		t.Error("another photo under the same name in a list: the provenance is the same")
	}
}

// Class subsets: labels and class names are those of what is left.
func TestClass(t *testing.T) {
	root := herbarium(t, false)
	got := ingest(t, root, "", "photos", "--size", "4", "--class", "rose")
	b := batches(t, got.stdout)[0]
	if got.code != 0 || !slices.Equal(b.Classes, []string{"rose"}) || !slices.Equal(b.Labels, []int64{0, 0}) {
		t.Errorf("status %d, classes %v, labels %v, stderr %q", got.code, b.Classes, b.Labels, got.stderr)
	}
	both := batches(t, ingest(t, root, "", "photos", "--size", "4", "--class", "rose", "--class", "aster").stdout)
	if whole := batches(t, ingest(t, root, "", "photos", "--size", "4").stdout); !slices.Equal(names(both), names(whole)) {
		t.Errorf("all classes: %q", names(both))
	}
	if some := batches(t, ingest(t, root, "", "--synthetic", "24", "--class", "daisy").stdout)[0]; some.Len() != 2 || some.Class(1) != "daisy" {
		t.Errorf("%d synthetic daisies", some.Len())
	}
	if bad := ingest(t, root, "", "photos", "--class", "tulip"); bad.code != 1 || !strings.Contains(bad.stderr, `what is read has no class "tulip"; its classes are "aster", "rose"`) {
		t.Errorf("status %d, stderr %q", bad.code, bad.stderr)
	}
}
