package dataset

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"herbarium/internal/images"
)

// put writes a file and the folders above it.
func put(t testing.TB, data []byte, parts ...string) string {
	t.Helper()
	path := filepath.Join(parts...)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// asIDX is an IDX file of bytes.
func asIDX(values []byte, dims ...int) []byte {
	b := []byte{0, 0, 8, byte(len(dims))}
	for _, d := range dims {
		b = binary.BigEndian.AppendUint32(b, uint32(d))
	}
	return append(b, values...)
}

func zipped(t testing.TB, data []byte) []byte {
	t.Helper()
	var buf bytes.Buffer
	z := gzip.NewWriter(&buf)
	if _, err := z.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// ramp is n bytes that differ.
func ramp(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i)
	}
	return b
}

// mnist is a folder of five pictures of 2x3, three to train on.
func mnist(t testing.TB, name string) string {
	root := filepath.Join(t.TempDir(), name)
	put(t, asIDX(ramp(18), 3, 2, 3), root, "train-images-idx3-ubyte")
	put(t, zipped(t, asIDX([]byte{5, 0, 9}, 3)), root, "train-labels-idx1-ubyte.gz")
	put(t, zipped(t, asIDX(ramp(12), 2, 2, 3)), root, "t10k-images-idx3-ubyte.gz")
	put(t, asIDX([]byte{1, 1}, 2), root, "t10k-labels-idx1-ubyte")
	return root
}

// cifar is a folder of CIFAR-10 with one picture a file, and two in the test batch.
func cifar(t testing.TB) string {
	root := t.TempDir()
	put(t, []byte("airplane\nautomobile\nbird\n\n"), root, "batches.meta.txt")
	for i := range 5 {
		put(t, append([]byte{byte(i % 3)}, bytes.Repeat([]byte{byte(i)}, cifarPixels)...), root, fmt.Sprintf("data_batch_%d.bin", i+1))
	}
	record := append([]byte{2}, ramp(cifarPixels)...)
	put(t, append(record, record...), root, "test_batch.bin")
	return root
}

// all loads every picture.
func all(t *testing.T, src Source) (out []images.Picture) {
	t.Helper()
	for i := range src.Len() {
		p, err := src.Load(i)
		if err != nil {
			t.Fatal(err)
		}
		if p.Label != src.Label(i) {
			t.Errorf("%v: label %d, known before as %d", p.Item, p.Label, src.Label(i))
		}
		if p.Label >= 0 && p.Item.Text("class") != src.Classes()[p.Label] {
			t.Errorf("%v: label %d of %v", p.Item, p.Label, src.Classes())
		}
		out = append(out, p)
	}
	return out
}

// brief is names and classes.
func brief(pictures []images.Picture) string {
	var b strings.Builder
	for _, p := range pictures {
		fmt.Fprintf(&b, "%s=%s ", p.Item.Name(), p.Item.Text("class"))
	}
	return strings.TrimSpace(b.String())
}

func TestIDX(t *testing.T) {
	root := mnist(t, "mnist")
	for split, want := range map[string]string{
		"train": "train/00000=5 train/00001=0 train/00002=9",
		"test":  "test/00000=1 test/00001=1",
		"all":   "train/00000=5 train/00001=0 train/00002=9 test/00000=1 test/00001=1",
	} {
		src, err := Open([]string{root}, Options{Split: split})
		if err != nil {
			t.Fatal(err)
		}
		if got := brief(all(t, src)); got != want {
			t.Errorf("%s: %s, want %s", split, got, want)
		}
		if len(src.Classes()) != 10 {
			t.Errorf("classes %v", src.Classes())
		}
	}
	file, err := Open([]string{filepath.Join(root, "t10k-images-idx3-ubyte.gz")}, Options{Frame: Frame{Height: 4, Width: 4}})
	if err != nil {
		t.Fatal(err)
	}
	if got := all(t, file); brief(got) != "test/00000=1 test/00001=1" || got[0].Height != 4 {
		t.Errorf("a single file: %s", brief(got))
	}
	src, err := Open([]string{root}, Options{Split: "train"})
	if err != nil {
		t.Fatal(err)
	}
	if p := all(t, src)[1]; p.Height != 2 || p.Width != 3 || !bytes.Equal(p.U8, []byte{6, 7, 8, 9, 10, 11}) {
		t.Errorf("%dx%d %v", p.Height, p.Width, p.U8)
	}
	named, err := Open([]string{mnist(t, "Fashion-MNIST")}, Options{Split: "train"})
	if err != nil {
		t.Fatal(err)
	}
	if got := brief(all(t, named)); got != "train/00000=Sandal train/00001=T-shirt/top train/00002=Ankle boot" {
		t.Errorf("Fashion-MNIST: %s", got)
	}
}

func TestCIFAR(t *testing.T) {
	root := cifar(t)
	train, err := Open([]string{root}, Options{Split: "train"})
	if err != nil {
		t.Fatal(err)
	}
	if got := brief(all(t, train)); got != "train/00000=airplane train/00001=automobile train/00002=bird train/00003=airplane train/00004=automobile" {
		t.Errorf("train: %s", got)
	}
	test, err := Open([]string{root}, Options{Split: "test"})
	if err != nil {
		t.Fatal(err)
	}
	if p := all(t, test); brief(p) != "test/00000=bird test/00001=bird" || !bytes.Equal(p[1].U8, ramp(cifarPixels)) {
		t.Errorf("test: %s", brief(p))
	}
	hundred := t.TempDir()
	put(t, []byte("apple\nbaby\n"), hundred, "fine_label_names.txt")
	put(t, append([]byte{9, 1}, ramp(cifarPixels)...), hundred, "test.bin")
	src, err := Open([]string{hundred}, Options{Split: "test"})
	if err != nil {
		t.Fatal(err)
	}
	if p := all(t, src); brief(p) != "test/00000=baby" || !bytes.Equal(p[0].U8, ramp(cifarPixels)) {
		t.Errorf("CIFAR-100: %s", brief(p))
	}
}

// oxford is a folder with the label files as they are published, and some photos.
func oxford(t *testing.T, numbers ...int) string {
	t.Helper()
	root := t.TempDir()
	for _, name := range []string{oxfordLabels, oxfordSplits} {
		data, err := os.ReadFile(filepath.Join(photos(t, "oxford102"), name))
		if err != nil {
			t.Fatal(err)
		}
		put(t, data, root, name)
	}
	for _, n := range numbers {
		m := image.NewGray(image.Rect(0, 0, 5, 4))
		m.Pix[0] = byte(n)
		put(t, asPNG(t, m), root, "jpg", fmt.Sprintf("image_%05d.jpg", n)) // the name says JPEG; the content counts
	}
	return root
}

func TestOxford(t *testing.T) {
	root := oxford(t, 28, 8177, 17, 1) // the first and the last to train on, one to validate on, one to test on
	for split, n := range map[string]int{"train": 1020, "val": 1020, "test": 6149, "all": 8189} {
		src, err := Open([]string{root}, Options{Split: split})
		if err != nil {
			t.Fatal(err)
		}
		if src.Len() != n || len(src.Classes()) != 102 || src.Classes()[0] != "1" || src.Classes()[101] != "102" {
			t.Errorf("%s: %d photos, classes %v", split, src.Len(), src.Classes())
		}
		got, skipped, err := run(src, Copying{})
		if err != nil || len(got) != 1 {
			t.Fatalf("%s: %v", split, err)
		}
		want := map[string]string{"train": "jpg/image_00028.jpg=77 jpg/image_08177.jpg=62", "val": "jpg/image_00017.jpg=77", "test": "jpg/image_00001.jpg=77",
			"all": "jpg/image_00001.jpg=77 jpg/image_00017.jpg=77 jpg/image_00028.jpg=77 jpg/image_08177.jpg=62"}[split]
		text := ""
		for i, it := range got[0].Items {
			text += fmt.Sprintf("%s=%s ", it.Name(), got[0].Class(i))
		}
		if strings.TrimSpace(text) != want || len(skipped)+len(got[0].Items) != n {
			t.Errorf("%s: %s and %d skipped, want %s", split, text, len(skipped), want)
		}
	}
	names := make([]string, 102)
	for i := range names {
		names[i] = fmt.Sprintf("flower %d", i+1)
	}
	src, err := Open([]string{root}, Options{Split: "train", Names: names})
	if err != nil || src.Classes()[76] != "flower 77" {
		t.Errorf("named: %v", err)
	}
}

// A changed label file changes the digest; so does another split.
func TestDigestOfDataSets(t *testing.T) {
	digest := func(root, split string) string {
		src, err := Open([]string{root}, Options{Split: split})
		if err != nil {
			t.Fatal(err)
		}
		var out string
		err = src.Digest(Order(src.Len(), false, 0, 0), 0, func(path string, d [sha256.Size]byte) error {
			out += fmt.Sprintf("%x %v", d, path == root)
			return nil
		})
		if err != nil || !strings.HasSuffix(out, " true") {
			t.Fatalf("%s: %v", out, err)
		}
		return out[:64]
	}
	root := mnist(t, "mnist")
	before := digest(root, "train")
	if digest(root, "test") == before || digest(mnist(t, "mnist"), "train") != before {
		t.Error("the digest is not one of what was read")
	}
	put(t, zipped(t, asIDX([]byte{5, 0, 8}, 3)), root, "train-labels-idx1-ubyte.gz")
	if digest(root, "train") == before {
		t.Error("other labels, the same digest")
	}
	flowers := oxford(t, 28)
	before = digest(flowers, "train")
	path := filepath.Join(flowers, oxfordLabels)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[0]++ // the text at its start
	put(t, data, path)
	if digest(flowers, "train") == before {
		t.Error("another label file of Oxford 102, the same digest")
	}
}

func TestOnly(t *testing.T) {
	src, err := Open([]string{cifar(t)}, Options{Split: "all"})
	if err != nil {
		t.Fatal(err)
	}
	some, err := Only(src, []string{"bird", "airplane"})
	if err != nil {
		t.Fatal(err)
	}
	if got := brief(all(t, some)); got != "train/00000=airplane train/00002=bird train/00003=airplane test/00000=bird test/00001=bird" || !slices.Equal(some.Classes(), []string{"airplane", "bird"}) {
		t.Errorf("%s of %v", got, some.Classes())
	}
	if _, err := Only(src, []string{"rose"}); err == nil || !strings.Contains(err.Error(), `what is read has no class "rose"; its classes are "airplane", "automobile", "bird"`) {
		t.Errorf("unknown class: %v", err)
	}
	if _, ok := some.(Files); !ok {
		t.Error("a part of files is not made of files")
	}
}

func TestDataSetErrors(t *testing.T) {
	change := func(root, name string, data []byte) string {
		if data == nil {
			if err := os.Remove(filepath.Join(root, name)); err != nil {
				t.Fatal(err)
			}
			return root
		}
		put(t, data, root, name)
		return root
	}
	m := func(name string, data []byte) string { return change(mnist(t, "mnist"), name, data) }
	c := func(name string, data []byte) string { return change(cifar(t), name, data) }
	const pictures, labels = "train-images-idx3-ubyte", "train-labels-idx1-ubyte.gz"
	claim := asIDX(nil, 60000, 28, 28)
	two := []string{mnist(t, "a"), mnist(t, "b")}
	for name, test := range map[string]struct {
		paths []string
		split string
		names []string
		want  string
	}{
		"no split":             {[]string{mnist(t, "mnist")}, "", nil, "comes in parts: say --split train, test or all"},
		"no such split":        {[]string{mnist(t, "mnist")}, "val", nil, `has no part "val": there are train, test, and all`},
		"split of photos":      {[]string{tree(t, "", "rose/1.png")}, "train", nil, "name the folder of the part"},
		"names of photos":      {[]string{tree(t, "", "rose/1.png")}, "", []string{"x"}, "class folders have names"},
		"two sets":             {two, "train", nil, "cannot be read together"},
		"split of a file":      {[]string{filepath.Join(two[0], pictures)}, "train", nil, "is one file, without --split"},
		"too few names":        {[]string{mnist(t, "mnist")}, "train", []string{"one"}, "--classes has 1 names for 10 classes"},
		"no labels":            {[]string{m(labels, nil)}, "train", nil, "no labels: looked for train-labels-idx1-ubyte and train-labels-idx1-ubyte.gz"},
		"fewer labels":         {[]string{m(labels, asIDX([]byte{1}, 1))}, "train", nil, "1 labels for the 3 pictures"},
		"pictures cut":         {[]string{m(pictures, asIDX(ramp(17), 3, 2, 3))}, "train", nil, "33 bytes, but its header says 34"},
		"pictures too long":    {[]string{m(pictures, asIDX(ramp(19), 3, 2, 3))}, "train", nil, "35 bytes, but its header says 34"},
		"not IDX":              {[]string{m(pictures, ramp(100))}, "train", nil, "no IDX file of bytes in 3 dimensions"},
		"labels as pictures":   {[]string{m(pictures, asIDX(ramp(100), 100))}, "train", nil, "begins with 00 00 08 01, want 00 00 08 03"},
		"claims too much":      {[]string{m(pictures, asIDX(nil, 1<<31, 1<<31, 1<<31))}, "train", nil, "is more than 1024 MiB"},
		"claims what it can":   {[]string{m(pictures, claim)}, "train", nil, "16 bytes, but its header says 47040016"},
		"zipped claim":         {[]string{m(pictures, zipped(t, claim))}, "train", nil, "which cannot be in"},
		"zipped, cut":          {[]string{m(pictures, zipped(t, asIDX(ramp(18), 3, 2, 3))[:30])}, "train", nil, "gzip"},
		"zipped, too short":    {[]string{m(pictures, zipped(t, asIDX(ramp(17), 3, 2, 3)))}, "train", nil, "17 bytes or more, but its header says 18"},
		"zipped bomb":          {[]string{m(pictures, zipped(t, asIDX(make([]byte, 10<<20), 3, 2, 3)))}, "train", nil, "19 bytes or more, but its header says 18"},
		"pictures of nothing":  {[]string{m(pictures, asIDX(nil, 3, 0, 3))}, "train", nil, "pictures of 0x3"},
		"batch missing":        {[]string{c("data_batch_3.bin", nil)}, "train", nil, "data_batch_3.bin: no such file"},
		"batch cut":            {[]string{c("test_batch.bin", ramp(3000))}, "test", nil, "3000 bytes are no whole number of records of 3073"},
		"empty batch":          {[]string{c("test_batch.bin", []byte{})}, "test", nil, "0 bytes"},
		"label without a name": {[]string{c("batches.meta.txt", []byte("airplane\n"))}, "test", nil, "label 2 of picture 0, but there are 1 classes"},
		"no names":             {[]string{c("batches.meta.txt", nil)}, "test", nil, "batches.meta.txt: no such file"},
	} {
		if _, err := Open(test.paths, Options{Split: test.split, Names: test.names}); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, test.want)
		}
	}
}

func TestOxfordErrors(t *testing.T) {
	root := oxford(t)
	if _, err := Open([]string{root}, Options{Split: "train"}); err == nil || !strings.Contains(err.Error(), "unpack 102flowers.tgz") {
		t.Errorf("no photos: %v", err)
	}
	root = oxford(t, 1)
	splits, err := os.ReadFile(filepath.Join(root, oxfordSplits))
	if err != nil {
		t.Fatal(err)
	}
	put(t, splits, root, oxfordLabels)
	if _, err := Open([]string{root}, Options{Split: "train"}); err == nil || !strings.Contains(err.Error(), `no matrix "labels"`) {
		t.Errorf("the wrong file: %v", err)
	}
	put(t, splits[:len(splits)-9], root, oxfordLabels)
	if _, err := Open([]string{root}, Options{Split: "train"}); err == nil || !strings.Contains(err.Error(), "broken MAT file") {
		t.Errorf("cut: %v", err)
	}
}

// No IDX file makes the reader panic or claims memory that its bytes do not fill.
func FuzzIDX(f *testing.F) {
	f.Add(asIDX(ramp(18), 3, 2, 3))
	f.Add(zipped(f, asIDX(ramp(18), 3, 2, 3)))
	f.Add(zipped(f, asIDX(nil, 60000, 28, 28)))
	f.Fuzz(func(t *testing.T, data []byte) {
		x, err := openIDX(put(t, data, t.TempDir(), "x"), 3)
		if err != nil {
			return
		}
		values := make([]byte, x.dims[0]*x.dims[1]*x.dims[2])
		if n, err := x.values.ReadAt(values, x.start); n != len(values) {
			t.Errorf("%d of %d values: %v", n, len(values), err)
		}
	})
}
