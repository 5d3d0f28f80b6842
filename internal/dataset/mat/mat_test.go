package mat

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadsWhatSciPyWrites(t *testing.T) {
	want := map[string]Matrix{
		"labels":                   {[]int{1, 4}, []float64{3, 1, 2, 255}},
		"tall":                     {[]int{2, 1}, []float64{-5, 300}},
		"grid":                     {[]int{2, 3}, []float64{0, 0.75, 0.25, 1, 0.5, 1.25}},
		"single":                   {[]int{1, 2}, []float64{1.5, -2}},
		"big":                      {[]int{1, 2}, []float64{1 << 40, -1}},
		"one":                      {[]int{1, 1}, []float64{7}},
		"empty":                    {[]int{0, 3}, []float64{}},
		"a_name_longer_than_eight": {[]int{1, 1}, []float64{1}},
	}
	for _, name := range []string{"plain.mat", "compressed.mat"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		got, err := Read(data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

// The label files of Oxford 102 as they are published.
func TestOxford(t *testing.T) {
	root := os.Getenv("HERBARIUM_DATA")
	if root == "" {
		root = filepath.Join("..", "..", "..", "..", "shared", "data")
	}
	all := map[string]Matrix{}
	for _, name := range []string{"imagelabels.mat", "setid.mat"} {
		data, err := os.ReadFile(filepath.Join(root, "oxford102", name))
		if err != nil {
			t.Skipf("no test data: %v (set HERBARIUM_DATA to where it is)", err)
		}
		some, err := Read(data)
		if err != nil {
			t.Fatal(err)
		}
		for k, v := range some {
			all[k] = v
		}
	}
	labels := all["labels"].Values
	if len(labels) != 8189 || slices.Min(labels) != 1 || slices.Max(labels) != 102 || labels[0] != 77 || labels[8188] != 62 {
		t.Errorf("%d labels", len(labels))
	}
	var seen []float64
	for name, n := range map[string]int{"trnid": 1020, "valid": 1020, "tstid": 6149} {
		if got := len(all[name].Values); got != n {
			t.Errorf("%s: %d pictures, want %d", name, got, n)
		}
		seen = append(seen, all[name].Values...)
	}
	slices.Sort(seen)
	for i, v := range seen {
		if v != float64(i+1) {
			t.Fatalf("the parts do not cover the pictures once: %v at %d", v, i)
		}
	}
}

// Pieces of files.

func header() []byte {
	b := bytes.Repeat([]byte(" "), headerSize)
	copy(b[124:], "\x00\x01IM")
	return b
}

// piece is an element with a size that may be a lie.
func piece(k kind, size int, data string) []byte {
	b := binary.LittleEndian.AppendUint32(nil, uint32(k))
	b = binary.LittleEndian.AppendUint32(b, uint32(size))
	b = append(b, data...)
	return append(b, make([]byte, -len(data)&7)...)
}

func whole(k kind, parts ...[]byte) []byte {
	data := string(bytes.Join(parts, nil))
	return piece(k, len(data), data)
}

func squeezed(data []byte) []byte {
	var buf bytes.Buffer
	z := zlib.NewWriter(&buf)
	z.Write(data)
	z.Close()
	return append(piece(compressed, buf.Len(), ""), buf.Bytes()...)
}

// Parts of a matrix of uint8.
var (
	flags = whole(uint32s, []byte{9, 0, 0, 0, 0, 0, 0, 0})
	shape = whole(int32s, []byte{1, 0, 0, 0, 3, 0, 0, 0})
	label = whole(int8s, []byte("x"))
	pix   = whole(uint8s, []byte{1, 2, 3})
)

func file5(parts ...[]byte) []byte { return append(header(), bytes.Join(parts, nil)...) }

func TestBroken(t *testing.T) {
	good := whole(matrix, flags, shape, label, pix)
	if got, err := Read(file5(good)); err != nil || !slices.Equal(got["x"].Values, []float64{1, 2, 3}) {
		t.Fatalf("%v, %v", got, err)
	}
	if got, err := Read(file5(squeezed(good))); err != nil || !slices.Equal(got["x"].Values, []float64{1, 2, 3}) {
		t.Fatalf("compressed: %v, %v", got, err)
	}
	hdf := header()
	copy(hdf[124:], "\x00\x02IM")
	sized := func(dims ...byte) []byte {
		var b []byte
		for _, d := range dims {
			b = append(b, d, d, d, d)
		}
		return whole(int32s, b)
	}
	for name, test := range map[string]struct {
		data []byte
		want string
	}{
		"empty":                   {nil, "shorter than its header"},
		"text":                    {bytes.Repeat([]byte("x"), 300), "no MAT file of level 5"},
		"version 7.3":             {hdf, `save it with "-v7"`},
		"tag cut":                 {file5(good[:5]), "cut off: 5 bytes left of a tag of 8"},
		"body cut":                {file5(good[:40]), "cut off"},
		"lies about its size":     {file5(piece(matrix, 1<<31, "1234")), "cut off: 8 bytes left of 2147483648"},
		"numbers at the top":      {file5(pix), "element of type 2, want a matrix"},
		"no flags":                {file5(whole(matrix, shape, label, pix)), "no array flags"},
		"no name":                 {file5(whole(matrix, flags, shape, pix, pix)), "no dimensions or no name"},
		"negative dimension":      {file5(whole(matrix, flags, sized(0xff, 1), label, pix)), "is negative"},
		"dimensions overflow":     {file5(whole(matrix, flags, sized(0x7f, 0x7f, 0x7f), label, pix)), "overflow"},
		"more than there is":      {file5(whole(matrix, flags, sized(0x7f, 1), label, pix)), "3 bytes of numbers for dimensions"},
		"one dimension":           {file5(whole(matrix, flags, whole(int32s, []byte{3, 0, 0, 0}), label, pix)), "4 bytes of dimensions"},
		"more after the numbers":  {file5(whole(matrix, flags, shape, label, pix, pix)), "16 bytes after the numbers"},
		"text for numbers":        {file5(whole(matrix, flags, shape, label, whole(utf8, []byte("abc")))), "element of type 16 is no numbers"},
		"half a number":           {file5(whole(matrix, flags, shape, label, whole(uint16s, []byte{1, 2, 3}))), "3 bytes of numbers"},
		"twice":                   {file5(good, good), `"x" occurs twice`},
		"small element too large": {file5(whole(matrix, []byte{6, 0, 5, 0, 0, 0, 0, 0}, shape)), "small element of 5 bytes"},
		"no zlib":                 {file5(whole(compressed, []byte("nonsense"))), "zlib: invalid header"},
		"zlib cut":                {file5(whole(compressed, squeezed(good)[8:20])), "unexpected EOF"},
		"more after zlib":         {file5(whole(compressed, squeezed(good)[8:], []byte("x"))), "after the compressed ones"},
		"compressed twice":        {file5(squeezed(squeezed(good))), "compressed twice"},
		"two in one":              {file5(squeezed(append(bytes.Clone(good), good...))), "after the compressed element"},
		"bomb":                    {file5(squeezed(make([]byte, maxInflated+1))), "more than 8 MiB when decompressed"},
		"two halves of a bomb":    {file5(squeezed(whole(matrix, flags, shape, label, pix)), squeezed(make([]byte, maxInflated))), "more than 8 MiB when decompressed"},
	} {
		if _, err := Read(test.data); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, test.want)
		}
	}
}

// Zeros that shrink to a thousandth cost no more than the limit.
func TestBombCostsNoMemory(t *testing.T) {
	var buf bytes.Buffer
	z := zlib.NewWriter(&buf)
	zeros := make([]byte, 1<<20)
	for range 1 << 6 {
		z.Write(zeros)
	}
	z.Close()
	data := append(file5(piece(compressed, buf.Len(), "")), buf.Bytes()...)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := Read(data); err == nil {
		t.Error("no error")
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 8*maxInflated {
		t.Errorf("%d MiB allocated", n>>20)
	}
}

// No input makes the reader panic, and what it returns is whole.
func FuzzRead(f *testing.F) {
	for _, name := range []string{"plain.mat", "compressed.mat"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add(file5(whole(matrix, flags, shape, label, pix)))
	f.Fuzz(func(t *testing.T, data []byte) {
		all, err := Read(data)
		if err != nil {
			return
		}
		for name, m := range all {
			n := 1
			for _, d := range m.Dims {
				n *= d
			}
			if len(m.Values) != n || len(m.Dims) < 2 {
				t.Errorf("%q: %d values of %v", name, len(m.Values), m.Dims)
			}
		}
	})
}
