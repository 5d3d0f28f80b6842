package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// lines are those of standard error.
func (r result) lines() []string { return strings.Split(strings.TrimSpace(r.stderr), "\n") }

func TestPictureOnStandardInput(t *testing.T) {
	root := herbarium(t, false)
	picture, err := os.ReadFile(filepath.Join(root, "photos/aster/1.png"))
	if err != nil {
		t.Fatal(err)
	}
	got := ingest(t, root, string(picture), "-")
	all := batches(t, got.stdout)
	if got.code != 0 || got.stderr != "" || !slices.Equal(names(all), []string{"stdin"}) {
		t.Fatalf("status %d, %q, stderr %q", got.code, names(all), got.stderr)
	}
	if file := batches(t, ingest(t, root, "", "photos/aster/1.png").stdout); !bytes.Equal(file[0].U8, all[0].U8) {
		t.Error("other pixels than of the file")
	}
	if both := batches(t, ingest(t, root, string(picture), "photos/rose/3.png", "-", "--size", "4").stdout); !slices.Equal(names(both), []string{"photos/rose/3.png", "stdin"}) {
		t.Errorf("beside a file: %q", names(both))
	}
	if empty := ingest(t, root, "", "-"); empty.code != 1 || !strings.Contains(empty.stderr, "-: the file is empty") {
		t.Errorf("nothing on standard input: status %d, stderr %q", empty.code, empty.stderr)
	}
}

// Of a thousand files that cannot be read some are named, and the rest is counted.
func TestManyBrokenFiles(t *testing.T) {
	root := herbarium(t, false)
	for i := range 300 {
		write(t, filepath.Join(root, fmt.Sprintf("photos/zinnia/%03d.jpg", i)), []byte("<html>"))
	}
	short := ingest(t, root, "", "--size", "4", "photos")
	lines := short.lines()
	if short.code != 0 || len(lines) > 15 {
		t.Fatalf("status %d, %d lines", short.code, len(lines))
	}
	for _, want := range []string{"and 290 more like these; --verbose prints all", "300 of 304 pictures skipped, 4 images written",
		"warning: class zinnia is left without pictures: none of its 300 files could be read"} {
		if !slices.Contains(lines, "ingest: "+want) {
			t.Errorf("no line %q in\n%s", want, short.stderr)
		}
	}
	long := ingest(t, root, "", "--size", "4", "--verbose", "photos")
	if n := strings.Count(long.stderr, "skipped photos/zinnia/"); n != 300 || !bytes.Equal(long.stdout, short.stdout) {
		t.Errorf("--verbose names %d, or writes something else", n)
	}
}

func TestWhatFoldersLeaveOutIsSaid(t *testing.T) {
	root := herbarium(t, false)
	write(t, filepath.Join(root, "photos/rose/clip.mp4"), nil)
	got := ingest(t, root, "", "--size", "4", "photos", "-o", "out.st.zst")
	if want := "ingest: warning: files passed over, by the ends of their names: 1 .mp4\n"; got.code != 0 || got.stderr != want {
		t.Errorf("status %d, stderr %q, want %q", got.code, got.stderr, want)
	}
	write(t, filepath.Join(root, "set/train/rose/1.png"), nil)
	write(t, filepath.Join(root, "set/test/rose/2.png"), nil)
	if parts := ingest(t, root, "", "set", "-o", "out.st.zst"); parts.code != 1 || len(parts.lines()) != 2 || !strings.HasSuffix(parts.lines()[1], "set/train") {
		t.Errorf("a root of parts: status %d, stderr %q", parts.code, parts.stderr)
	}
}

func TestMaxMegapixels(t *testing.T) {
	root := t.TempDir()
	var b bytes.Buffer
	large := image.NewGray(image.Rect(0, 0, 1500, 1000))
	large.SetGray(3, 3, color.Gray{200})
	if err := jpeg.Encode(&b, large, nil); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(root, "large.jpg"), b.Bytes())
	if got := ingest(t, root, "", "--size", "4", "--max-megapixels", "1", "large.jpg"); got.code != 1 || !strings.Contains(got.stderr, "1500x1000 is more than 1 megapixels; --max-megapixels 2 allows it") {
		t.Errorf("status %d, stderr %q", got.code, got.stderr)
	}
	for _, args := range [][]string{{"--max-megapixels", "2"}, {}} {
		if got := ingest(t, root, "", append(args, "--size", "4", "large.jpg")...); got.code != 0 || got.stderr != "" {
			t.Errorf("%v: status %d, stderr %q", args, got.code, got.stderr)
		}
	}
	for _, args := range [][]string{{"--max-megapixels", "-1"}, {"--max-megapixels", "5000"}} {
		if got := ingest(t, root, "", append(args, "large.jpg")...); got.code != 2 {
			t.Errorf("%v: status %d, stderr %q", args, got.code, got.stderr)
		}
	}
}

// A class may be asked for by one of the names that its folder lists; a slip of the pen gets the name that was meant.
func TestClassBySynonymOrNearly(t *testing.T) {
	root := herbarium(t, false)
	if err := os.Rename(filepath.Join(root, "photos/rose"), filepath.Join(root, "photos/rose, Rosa canina")); err != nil {
		t.Fatal(err)
	}
	got := ingest(t, root, "", "photos", "--size", "4", "--class", "Rosa canina")
	if b := batches(t, got.stdout); got.code != 0 || b[0].Len() != 2 || b[0].Class(0) != "rose, Rosa canina" {
		t.Errorf("status %d, stderr %q", got.code, got.stderr)
	}
	if got := ingest(t, root, "", "photos", "--class", "astr"); got.code != 1 || !strings.Contains(got.stderr, `nearest is "aster"`) {
		t.Errorf("status %d, stderr %q", got.code, got.stderr)
	}
}
