package main

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"codeberg.org/go-fonts/dejavu/dejavusans"
	"golang.org/x/image/font/gofont/gomono"

	"herbarium/format"
	"herbarium/internal/cli"
	"herbarium/internal/images"
)

// stream is a stream of 8x6 pictures, one color each, with these items.
func stream(t *testing.T, items ...images.Item) []byte {
	t.Helper()
	var b bytes.Buffer
	w := format.NewWriter(&b, format.WriterOptions{})
	pictures := images.NewWriter(w.Write)
	for i, item := range items {
		p := images.Picture{Height: 6, Width: 8, U8: bytes.Repeat([]byte{byte(40 + 10*i)}, 3*6*8), Label: images.NoLabel, Item: item}
		if err := pictures.Add(p); err != nil {
			t.Fatal(err)
		}
	}
	if err := pictures.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func photos(names ...string) (items []images.Item) {
	for _, name := range names {
		class, _, _ := strings.Cut(name, "/")
		items = append(items, images.Item{"name": name, "class": class})
	}
	return items
}

// montage runs the tool in a directory of its own.
func montage(t *testing.T, input []byte, args ...string) (status int, stdout []byte, stderr string) {
	t.Helper()
	t.Chdir(t.TempDir())
	return again(input, args...)
}

func again(input []byte, args ...string) (status int, stdout []byte, stderr string) {
	var out bytes.Buffer
	var messages strings.Builder
	p := cli.Process{Args: args, Stdin: bytes.NewReader(input), Stdout: &out, Stderr: &messages}
	status = p.Run("montage", manual, &command{})
	return status, out.Bytes(), messages.String()
}

// tree lists the files and directories below the current one.
func tree(t *testing.T) string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if path != "." {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(names, " ")
}

func TestSheet(t *testing.T) {
	input := stream(t, photos("daisy/1.jpg", "daisy/2.jpg", "rose/3.jpg")...)
	status, out, stderr := montage(t, input)
	if status != 0 {
		t.Fatal(stderr)
	}
	page, err := png.Decode(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	// Each picture has 8x6 pixels, 22 times as large so that its height is at least 128.
	count := map[color.Color]int{}
	for y := range page.Bounds().Dy() {
		for x := range page.Bounds().Dx() {
			count[page.At(x, y)]++
		}
	}
	for i := range 3 {
		v := uint8(40 + 10*i)
		if got := count[color.RGBA{v, v, v, 255}]; got < 8*6*22*22 || got > 8*6*22*22+50 { // an edge of a letter may have the color
			t.Errorf("picture %d has %d pixels on the sheet", i, got)
		}
	}

	for _, args := range [][]string{{}, {"-o", "x.png"}} {
		_, second, stderr := again(input, args...)
		if len(args) > 0 {
			if second, err = os.ReadFile("x.png"); err != nil {
				t.Fatal(stderr, err)
			}
		}
		if !bytes.Equal(out, second) {
			t.Errorf("%v: the same command gives other bytes", args)
		}
	}
}

func TestJPEGByName(t *testing.T) {
	status, _, stderr := montage(t, stream(t, photos("daisy/1.jpg")...), "-o", "x.jpg")
	if status != 0 {
		t.Fatal(stderr)
	}
	f, err := os.Open("x.jpg")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := jpeg.Decode(f); err != nil {
		t.Error(err)
	}
}

func TestProvenanceInPicture(t *testing.T) {
	input := stream(t, photos("daisy/1.jpg")...)
	for _, test := range []struct {
		args []string
		want bool
	}{{nil, true}, {[]string{"--no-prov"}, false}} {
		_, out, _ := montage(t, input, test.args...)
		if got := bytes.Contains(out, []byte(`"tool":"montage"`)); got != test.want {
			t.Errorf("%v: provenance %v", test.args, got)
		}
	}
}

func TestEach(t *testing.T) {
	input := stream(t, photos("black-eyed susan/1.jpg", "../../rose/2.jpg", "rose/3.jpg")...)
	status, out, stderr := montage(t, input, "--each", "out/{class}-{index:02d}.png")
	if status != 0 || len(out) != 0 {
		t.Fatal(stderr)
	}
	if got, want := tree(t), "out out/_-01.png out/black-eyed_susan-00.png out/rose-02.png"; got != want {
		t.Errorf("files %q, want %q", got, want)
	}
	f, err := os.Open("out/rose-02.png")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	p, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	if want := (color.RGBA{60, 60, 60, 255}); p.Bounds() != image.Rect(0, 0, 8, 6) || p.At(3, 3) != want {
		t.Errorf("%v of %v, want 8x6 of %v", p.Bounds(), p.At(3, 3), want)
	}
}

// TestNothingHalfMade: however the run fails, there is neither a file, nor a
// temporary, nor a directory that was made for them.
func TestNothingHalfMade(t *testing.T) {
	good := stream(t, photos("daisy/1.jpg", "rose/2.jpg")...)
	var aborted bytes.Buffer
	aborted.Write(good[:len(good)-64]) // without END
	w := format.NewWriter(&aborted, format.WriterOptions{})
	if err := w.Abort("ingest: disk gone"); err != nil {
		t.Fatal(err)
	}
	// What Abort wrote is BEGIN and END; the stream has its BEGIN already.
	abortedStream := slices.Delete(aborted.Bytes(), len(good)-64, len(good)-64+16)

	dark := images.Batch{Items: photos("a", "b"), Height: 1, Width: 2, F32: make([]float32, 12)}
	float := func(i int, v float32) []byte {
		b := dark
		b.F32 = slices.Clone(dark.F32)
		b.F32[i] = v
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

	tests := []struct {
		name   string
		input  []byte
		args   []string
		status int
		stderr string
	}{
		{"truncated", good[:len(good)-64], nil, 1, "montage: truncated stream"},
		{"aborted", abortedStream, nil, 1, "montage: upstream: ingest: disk gone\n"},
		{"empty", nil, nil, 1, "montage: no input: did the command before this one fail?\n"},
		{"no pictures", stream(t), nil, 1, "montage: no images in the input\n"},
		{"NaN", float(7, float32(math.NaN())), nil, 1, "montage: document 1 (images): item 1 (b): tensor \"image\" has NaN at [0 0 1], want pixels from 0 to 1\n"},
		{"too bright", float(0, 1.5), nil, 1, "montage: document 1 (images): item 0 (a): tensor \"image\" has values from 0 to 1.5, want"},
		{"too dark", float(3, -0.1), nil, 1, "item 0 (a): tensor \"image\" has values from -0.1 to 0, want"},
		{"infinite", float(3, float32(math.Inf(1))), nil, 1, "item 0 (a): tensor \"image\" has +Inf at [1 0 1], want"},
	}
	for _, test := range tests {
		for _, args := range [][]string{{"-o", "x.png"}, {"--each", "a/b/{index}.png"}, {}} {
			t.Run(test.name, func(t *testing.T) {
				status, out, stderr := montage(t, test.input, append(args, test.args...)...)
				if status != test.status || !strings.Contains(stderr, test.stderr) {
					t.Errorf("%v: status %d, %s", args, status, stderr)
				}
				if files := tree(t); files != "" || len(out) != 0 {
					t.Errorf("%v: files %q, %d bytes of output", args, files, len(out))
				}
			})
		}
	}
	if _, _, stderr := montage(t, float(3, 1.0004)); stderr != "" {
		t.Errorf("rounding is refused: %s", stderr)
	}
}

func TestRefusals(t *testing.T) {
	input := stream(t, photos("daisy/1.jpg", "daisy/2.jpg")...)
	tests := []struct {
		args   string
		status int
		stderr string
	}{
		{"-o x.gif", 2, "montage: x.gif: only .png and .jpg are written\n"},
		{"--each {index}.tiff", 2, "only .png and .jpg are written\n"},
		{"--each {index}.png -o x.png", 2, "montage: --each and -o exclude each other\n"},
		{"--each {index}.png --title x", 2, "--each makes no sheet"},
		{"--each {index}.png --font x.ttf", 2, "--each makes no sheet"},
		{"--font none.ttf", 1, "montage: --font: open none.ttf: no such file or directory\n"},
		{"--caption {class", 2, "montage: --caption: a brace has no partner; {{ stands for a brace itself\n"},
		{"--each {class:q}.png", 2, "montage: --each: {class:q} is neither {key} nor like {key:.2f}, {key:04d}\n"},
		{"--columns=-1", 2, "--columns -1 must be 0 or more"},
		{"--caption {clas}", 1, "montage: --caption: no picture has \"clas\"\nmontage: hint: keys are: class, index, name\n"},
		{"--rows unit", 1, "montage: document 1 (images): item 0 (daisy/1.jpg): no \"unit\" for --rows\nmontage: hint: keys are: class, index, name\n"},
		{"--each {unit}.png", 1, "item 0 (daisy/1.jpg): --each: the picture has no \"unit\"\nmontage: hint: keys are: class, index, name\n"},
		{"--each out/{class}.png", 1, "item 1 (daisy/2.jpg): --each: out/daisy.png would be picture 0 and picture 1\nmontage: hint: {index} tells them apart\n"},
		{"--scale 1e6", 1, "item 0 (daisy/1.jpg): scale 1e+06 makes 8e+06x6e+06 of 8x6 pixels\n"},
		{"--scale 900", 1, "too many pictures for one sheet\nmontage: hint: --first 1, --scale, or peek --first 1 before montage\n"},
	}
	for _, test := range tests {
		status, out, stderr := montage(t, input, strings.Fields(test.args)...)
		if status != test.status || !strings.Contains(stderr, test.stderr) {
			t.Errorf("%s: status %d, %s", test.args, status, stderr)
		}
		if files := tree(t); files != "" || len(out) != 0 {
			t.Errorf("%s: files %q, %d bytes of output", test.args, files, len(out))
		}
	}
}

// TestCaptionsInOtherScripts: what the built-in fonts have is set without a word. Letters that no font has are named, once.
func TestCaptionsInOtherScripts(t *testing.T) {
	status, _, stderr := montage(t, stream(t, photos("Hoa hướng dương/1.jpg", "τριαντάφυλλο/2.jpg", "ורד אדום/3.jpg", "وردة/4.jpg", "роза/5.jpg", "😀/6.jpg")...))
	if status != 0 || stderr != "" {
		t.Errorf("status %d, %s", status, stderr)
	}
	input := stream(t, photos("a\U00050378/1.jpg", "a\U00050378/2.jpg", "b\U00050378/3.jpg")...)
	status, out, stderr := montage(t, input)
	if want := "montage: warning: no font has U+50378: boxes stand for them; install one that has, or name it with --font\n"; status != 0 || len(out) == 0 || stderr != want {
		t.Errorf("status %d, %s", status, stderr)
	}
	if _, _, stderr := montage(t, input, "-q"); stderr != "" {
		t.Errorf("--quiet: %s", stderr)
	}
}

// TestFont: --font comes before the built-in fonts, and one after the other.
func TestFont(t *testing.T) {
	input := stream(t, photos("daisy/1.jpg", "ורד/2.jpg")...)
	dir := t.TempDir()
	mono, dejaVu := filepath.Join(dir, "mono.ttf"), filepath.Join(dir, "dejavu.ttf")
	for path, ttf := range map[string][]byte{mono: gomono.TTF, dejaVu: dejavusans.TTF} {
		if err := os.WriteFile(path, ttf, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[string]string{}
	for _, args := range []string{"", "--font " + mono, "--font " + dejaVu} {
		_, out, stderr := montage(t, input, append(strings.Fields(args), "--no-prov")...)
		if other, same := seen[string(out)]; same || stderr != "" {
			t.Errorf("%q gives the sheet of %q; %s", args, other, stderr)
		}
		seen[string(out)] = args
	}
	_, out, _ := montage(t, input, "--font", mono, "--font", dejaVu, "--caption", "{class}", "--no-prov")
	_, again, _ := montage(t, input, "--font", mono, "--caption", "{class}", "--no-prov")
	if !bytes.Equal(out, again) { // what Go Mono lacks, DejaVu Sans has anyway
		t.Error("a second font changes letters that the first has")
	}
}

// TestFlagsShow: each flag changes the sheet.
func TestFlagsShow(t *testing.T) {
	input := stream(t, photos("daisy/1.jpg", "rose/2.jpg", "daisy/3.jpg")...)
	seen := map[string]string{}
	for _, args := range []string{
		"", "--title T", "--caption {name}", "--caption=", "--rows class", "--rows class --columns 1", "--columns 1", "--scale 3", "--first 2",
		`--caption {name}\nx`,
	} {
		status, out, stderr := montage(t, input, append(strings.Fields(args), "--no-prov")...)
		if status != 0 {
			t.Errorf("%s: %s", args, stderr)
		}
		if other, same := seen[string(out)]; same {
			t.Errorf("%q and %q give the same sheet", args, other)
		}
		seen[string(out)] = args
	}
}

// TestOtherKindsAreIgnored: a net that came along is not a picture.
func TestOtherKindsAreIgnored(t *testing.T) {
	var b bytes.Buffer
	w := format.NewWriter(&b, format.WriterOptions{})
	if err := w.Write(&format.Document{Meta: map[string]string{"kind": "net"}}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	pictures := stream(t, photos("daisy/1.jpg")...)
	_, alone, _ := montage(t, pictures)
	status, both, stderr := montage(t, append(b.Bytes(), pictures...))
	if status != 0 || !bytes.Equal(alone, both) {
		t.Errorf("status %d, %s", status, stderr)
	}
	if status, _, stderr := montage(t, b.Bytes()); status != 1 || !strings.Contains(stderr, "hint: the documents that came: 1 net") {
		t.Errorf("status %d, %s", status, stderr)
	}
}
