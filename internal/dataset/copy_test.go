package dataset

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"herbarium/format"
	"herbarium/internal/dataset/synthetic"
	"herbarium/internal/images"
)

// slowSource loads pictures whose delay differs, so that they are done out of order, and counts how many are out.
type slowSource struct {
	n         int
	out, most atomic.Int64
	fail      map[int]bool
}

func (s *slowSource) Classes() []string { return nil }
func (s *slowSource) Len() int          { return s.n }
func (s *slowSource) Label(int) int     { return images.NoLabel }
func (s *slowSource) Load(i int) (images.Picture, error) {
	s.most.Store(max(s.most.Load(), s.out.Add(1)))
	time.Sleep(time.Duration(i*7%5) * 200 * time.Microsecond)
	if s.fail[i] {
		s.out.Add(-1)
		return images.Picture{}, fmt.Errorf("picture %d is broken", i)
	}
	return images.Picture{Height: 1, Width: 1, U8: []byte{byte(i), 0, 0}, Label: images.NoLabel, Item: images.Item{"name": fmt.Sprint(i)}}, nil
}

func TestEachKeepsOrderInBoundedMemory(t *testing.T) {
	for _, workers := range []int{1, 2, 7, 1000} {
		src := &slowSource{n: 60}
		order := Order(src.n, true, 3, 0)
		var got []int
		err := Each(src, order, workers, func(p images.Picture, err error) error {
			got = append(got, int(p.U8[0]))
			time.Sleep(100 * time.Microsecond)
			src.out.Add(-1)
			return err
		})
		if err != nil || !slices.Equal(got, order) {
			t.Errorf("%d workers: %v, error %v; want %v", workers, got, err, order)
		}
		if most := src.most.Load(); most > int64(2*workers) {
			t.Errorf("%d workers: %d pictures at once", workers, most)
		}
	}
}

func TestEachStopsAtAnError(t *testing.T) {
	stop := errors.New("enough")
	calls := 0
	err := Each(&slowSource{n: 1000}, Order(1000, false, 0, 0), 3, func(images.Picture, error) error {
		if calls++; calls == 5 {
			return stop
		}
		return nil
	})
	if !errors.Is(err, stop) || calls != 5 {
		t.Errorf("error %v after %d calls", err, calls)
	}
}

func TestOrder(t *testing.T) {
	if got, want := Order(5, false, 9, 0), []int{0, 1, 2, 3, 4}; !slices.Equal(got, want) {
		t.Errorf("unshuffled: %v", got)
	}
	if got := Order(5, false, 9, 2); !slices.Equal(got, []int{0, 1}) {
		t.Errorf("limited: %v", got)
	}
	a, b := Order(100, true, 1, 0), Order(100, true, 2, 0)
	if slices.Equal(a, b) || slices.IsSorted(a) || !slices.Equal(a, Order(100, true, 1, 0)) {
		t.Error("the shuffled order is not a function of the seed alone")
	}
	if !slices.Equal(Order(100, true, 1, 10), a[:10]) {
		t.Error("a limit takes something else than the first of the shuffled order")
	}
	slices.Sort(a)
	if !slices.Equal(a, Order(100, false, 0, 0)) {
		t.Error("shuffling loses numbers")
	}
}

// run copies a source and returns the documents' images, those skipped and the error.
func run(src Source, c Copying) (got []*images.Batch, skipped []string, err error) {
	w := images.NewWriter(func(d *format.Document) error {
		b, err := images.FromDocument(d)
		got = append(got, b)
		return err
	})
	c.Skipped = func(err error) { skipped = append(skipped, err.Error()) }
	done := 0
	c.Done = func() { done++ }
	n, err := c.Run(src, Order(src.Len(), false, 0, 0), w)
	if n != len(skipped) || err == nil && done != src.Len() {
		return nil, nil, fmt.Errorf("%d skipped, %d named, %d of %d done", n, len(skipped), done, src.Len())
	}
	return got, skipped, err
}

func TestCopySkipsWhatIsBroken(t *testing.T) {
	src := &slowSource{n: 5, fail: map[int]bool{1: true, 4: true}}
	got, skipped, err := run(src, Copying{Workers: 2})
	if err != nil || len(got) != 1 || !bytes.Equal(got[0].U8, []byte{0, 0, 0, 2, 0, 0, 3, 0, 0}) {
		t.Errorf("got %v, error %v", got, err)
	}
	if want := []string{"picture 1 is broken", "picture 4 is broken"}; !slices.Equal(skipped, want) {
		t.Errorf("skipped %q, want %q", skipped, want)
	}
	if _, _, err := run(src, Copying{Workers: 2, Strict: true}); err == nil || err.Error() != "picture 1 is broken" {
		t.Errorf("strict: error %v", err)
	}
	all := &slowSource{n: 2, fail: map[int]bool{0: true, 1: true}}
	if _, _, err := run(all, Copying{}); err == nil || !strings.Contains(err.Error(), "none of 2 files could be read") {
		t.Errorf("all broken: error %v", err)
	}
	if _, _, err := run(&slowSource{}, Copying{}); err == nil {
		t.Error("no pictures at all is no error")
	}
}

// garden is a folder of two classes with pictures of two sizes, one of them broken.
func garden(t *testing.T) string {
	t.Helper()
	root := tree(t, "broken", "rose/b.jpg", "rose/c.png")
	write := func(name string, h, w int, v byte) {
		m := image.NewGray(image.Rect(0, 0, w, h))
		for i := range m.Pix {
			m.Pix[i] = v
		}
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, asPNG(t, m), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("rose/a.png", 4, 4, 1)
	write("rose/c.png", 4, 6, 2)
	write("aster/x.png", 4, 6, 3)
	write("loose.png", 4, 6, 4)
	return root
}

func TestFolder(t *testing.T) {
	root := garden(t)
	for name, test := range map[string]struct {
		frame Frame
		want  []string
	}{
		"own sizes": {Frame{}, []string{"4x6 [0 -1]: aster/x.png=3 loose.png=4 ", "4x4 [1]: rose/a.png=1 ", "4x6 [1]: rose/c.png=2 "}},
		"one size":  {Frame{Height: 3, Width: 3}, []string{"3x3 [0 -1 1 1]: aster/x.png=3 loose.png=4 rose/a.png=1 rose/c.png=2 "}},
		"with bars": {Frame{Height: 8, Width: 6, Fit: true}, []string{"8x6 [0 -1 1 1]: aster/x.png=128 loose.png=128 rose/a.png=128 rose/c.png=128 "}},
	} {
		src, err := openFolder([]string{root}, Options{Frame: test.frame})
		if err != nil {
			t.Fatal(err)
		}
		got, skipped, err := run(src, Copying{})
		if err != nil || len(skipped) != 1 || !strings.HasPrefix(skipped[0], filepath.Join(root, "rose", "b.jpg")+": not a picture") {
			t.Errorf("%s: error %v, skipped %q", name, err, skipped)
		}
		var seen []string
		for _, b := range got {
			text := fmt.Sprintf("%dx%d %v: ", b.Height, b.Width, b.Labels)
			for i, it := range b.Items {
				text += fmt.Sprintf("%s=%d ", it.Name(), b.U8[i*3*b.Height*b.Width])
				if it.Text("class") != b.Class(i) {
					t.Errorf("%s: class %q, label says %q", it.Name(), it.Text("class"), b.Class(i))
				}
			}
			seen = append(seen, text)
		}
		if !slices.Equal(seen, test.want) {
			t.Errorf("%s: %q, want %q", name, seen, test.want)
		}
	}
}

// The documents are the same to the byte whatever the number of workers.
func TestWorkersChangeNothing(t *testing.T) {
	folder := func(t *testing.T) Source {
		src, err := openFolder([]string{photos(t, "oxford12", "test"), photos(t, "flowers32", "test")}, Options{Frame: Frame{Height: 40, Width: 56}})
		if err != nil {
			t.Fatal(err)
		}
		return src
	}
	sources := map[string]func(*testing.T) Source{
		"photos":    folder,
		"synthetic": func(*testing.T) Source { return synthetic.Flowers{Seed: 2, Count: 50, Height: 24, Width: 24} },
	}
	for name, source := range sources {
		t.Run(name, func(t *testing.T) {
			var want []byte
			for _, workers := range []int{1, 2, 5, 16} {
				src := source(t)
				var stream bytes.Buffer
				w := format.NewWriter(&stream, format.WriterOptions{Digest: true})
				out := images.NewWriter(w.Write)
				if _, err := (Copying{Workers: workers}).Run(src, Order(src.Len(), true, 1, 40), out); err != nil {
					t.Fatal(err)
				}
				if err := w.Close(); err != nil {
					t.Fatal(err)
				}
				if want == nil {
					want = bytes.Clone(stream.Bytes())
				} else if !bytes.Equal(want, stream.Bytes()) {
					t.Errorf("%d workers give another stream than one", workers)
				}
			}
		})
	}
}

func TestDigest(t *testing.T) {
	root := garden(t)
	single := filepath.Join(root, "loose.png")
	sums := func(limit int) map[string]string {
		src, err := openFolder([]string{single, root}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		err = src.Digest(Order(src.Len(), true, 5, limit), 3, func(arg string, d [sha256.Size]byte) error {
			got[arg] = fmt.Sprintf("%x", d)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	content := func(name string) []byte {
		data, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	lines := ""
	for _, name := range []string{"aster/x.png", "loose.png", "rose/a.png", "rose/b.jpg", "rose/c.png"} {
		lines += fmt.Sprintf("%x  %s\n", sha256.Sum256(content(name)), name)
	}
	first := sums(0)
	want := map[string]string{single: fmt.Sprintf("%x", sha256.Sum256(content("loose.png"))), root: fmt.Sprintf("%x", sha256.Sum256([]byte(lines)))}
	if len(first) != 2 || first[single] != want[single] || first[root] != want[root] {
		t.Errorf("digests %v, want %v", first, want)
	}
	if err := os.WriteFile(filepath.Join(root, "rose", "b.jpg"), []byte("changed"), 0o644); err != nil {
		t.Fatal(err)
	}
	if second := sums(0); second[root] == first[root] || second[single] != first[single] {
		t.Error("a changed file does not change its folder's digest, or changes another's")
	}
	if limited := sums(2); limited[root] == first[root] {
		t.Error("files that are not read enter the digest")
	}
}
