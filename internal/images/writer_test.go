package images

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"herbarium/format"
)

// flat is a picture of one value.
func flat(height, width int, v byte, name string) Picture {
	p := Picture{Height: height, Width: width, U8: make([]byte, 3*height*width), Label: NoLabel, Item: Item{"name": name}}
	for i := range p.U8 {
		p.U8[i] = v
	}
	return p
}

// collect returns a writer and the batches it emits.
func collect(t interface{ Fatalf(string, ...any) }) (*Writer, *[]*Batch) {
	out := &[]*Batch{}
	return NewWriter(func(d *format.Document) error {
		b, err := Parse(d)
		if err != nil {
			t.Fatalf("emitted a document that does not read: %v", err)
		}
		*out = append(*out, b)
		return nil
	}), out
}

func TestWriterStartsNewDocuments(t *testing.T) {
	floats := Picture{Height: 2, Width: 2, F32: make([]float32, 12), Label: NoLabel}
	source := func(side int) Picture {
		p := flat(2, 2, 1, "s")
		p.Extra = []format.Tensor{format.Of("source", []int{3, side, side}, make([]byte, 3*side*side))}
		return p
	}
	wordy := flat(2, 2, 1, "w")
	wordy.Item["text"] = strings.Repeat(`"`, 70<<10)
	many := func(n int, p Picture) []Picture { return slices.Repeat([]Picture{p}, n) }
	for name, test := range map[string]struct {
		add  []Picture
		want []int // pictures per document
	}{
		"nothing":       {nil, nil},
		"same size":     {many(5, flat(2, 2, 1, "")), []int{5}},
		"size changes":  {[]Picture{flat(2, 2, 1, ""), flat(2, 3, 1, ""), flat(2, 3, 1, ""), flat(2, 2, 1, "")}, []int{1, 2, 1}},
		"type changes":  {[]Picture{flat(2, 2, 1, ""), floats, floats}, []int{1, 2}},
		"256 pictures":  {many(600, flat(1, 1, 1, "")), []int{256, 256, 88}},
		"64 MiB":        {many(5, flat(4096, 2048, 1, "")), []int{2, 2, 1}},
		"one too large": {many(2, flat(4096, 8192, 1, "")), []int{1, 1}},
		"extra":         {[]Picture{flat(2, 2, 1, ""), source(2), source(2), source(3)}, []int{1, 2, 1}},
		"long items":    {many(5, wordy), []int{2, 2, 1}},
	} {
		w, got := collect(t)
		for _, p := range test.add {
			if err := w.Add(p); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if err := w.Flush(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var sizes []int
		for _, b := range *got {
			sizes = append(sizes, b.Len())
		}
		if !slices.Equal(sizes, test.want) || w.Count() != len(test.add) {
			t.Errorf("%s: documents of %v pictures, want %v; count %d", name, sizes, test.want, w.Count())
		}
	}
}

func TestWriterStacksExtraTensors(t *testing.T) {
	w, got := collect(t)
	for i := range 3 {
		p := flat(1, 1, byte(i), "")
		p.Extra = []format.Tensor{format.Of("alpha", []int{1, 2}, []float32{float32(i), 0.5})}
		if err := w.Add(p); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	x := (*got)[0].Extra[0]
	values, err := format.Values[float32](&x)
	if err != nil || !slices.Equal(x.Shape, []int{3, 1, 2}) || !slices.Equal(values, []float32{0, 0.5, 1, 0.5, 2, 0.5}) {
		t.Errorf("alpha has shape %v, values %v, error %v", x.Shape, values, err)
	}
}

func TestWriterClasses(t *testing.T) {
	w, got := collect(t)
	steps := []struct {
		classes []string
		label   int
	}{{nil, NoLabel}, {[]string{"a", "b"}, 1}, {[]string{"a", "b"}, NoLabel}, {[]string{"a"}, 0}}
	for _, s := range steps {
		if err := w.SetClasses(s.classes); err != nil {
			t.Fatal(err)
		}
		p := flat(1, 1, 0, "")
		p.Label = s.label
		if err := w.Add(p); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	var seen []string
	for _, b := range *got {
		seen = append(seen, fmt.Sprint(b.Classes, b.Labels))
	}
	want := []string{"[] []", "[a b] [1 -1]", "[a] [0]"}
	if !slices.Equal(seen, want) {
		t.Errorf("documents %q, want %q", seen, want)
	}
	if err := w.SetClasses([]string{"x", "x"}); err == nil {
		t.Error("a class name was accepted twice")
	}
}

func TestWriterRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*Picture)
		want   string
	}{
		"short":       {func(p *Picture) { p.U8 = p.U8[1:] }, "item 1 (p): 11 values, want 4 of gray or 12 of RGB for 2x2"},
		"no size":     {func(p *Picture) { p.Height = 0 }, "must be positive"},
		"both types":  {func(p *Picture) { p.F32 = make([]float32, 12) }, "either U8 or F32"},
		"label":       {func(p *Picture) { p.Label = 0 }, "there are 0 classes"},
		"NaN pixel":   {func(p *Picture) { p.U8, p.F32 = nil, make([]float32, 12); p.F32[7] = float32(math.NaN()) }, "item 1 (p): NaN in channel 1 at row 1, column 1"},
		"extra image": {func(p *Picture) { p.Extra = []format.Tensor{format.Of("image", []int{1}, []byte{1})} }, `extra tensor "image"`},
	} {
		w, _ := collect(t)
		if err := w.Add(flat(2, 2, 0, "first")); err != nil {
			t.Fatal(err)
		}
		p := flat(2, 2, 0, "p")
		test.change(&p)
		err := w.Add(p)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, test.want)
		}
	}
}

// Whatever is added comes out, in order, in documents within the limits.
func TestWriterKeepsEverything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, got := collect(t)
		var want []string
		for i := range rapid.IntRange(0, 60).Draw(t, "pictures") {
			side := rapid.SampledFrom([]int{1, 1, 1, 2}).Draw(t, "side")
			p := flat(side, side, byte(i), fmt.Sprint(i))
			if rapid.IntRange(0, 9).Draw(t, "reclass") == 0 {
				if err := w.SetClasses([]string{"c" + fmt.Sprint(i)}); err != nil {
					t.Fatalf("%v", err)
				}
				p.Label = 0
			}
			if err := w.Add(p); err != nil {
				t.Fatalf("%v", err)
			}
			want = append(want, fmt.Sprint(i, side, i))
			p.U8[0]++ // the writer has its own copy
		}
		if err := w.Flush(); err != nil {
			t.Fatalf("%v", err)
		}
		var seen []string
		for _, b := range *got {
			for i, it := range b.Items {
				seen = append(seen, fmt.Sprint(it.Name(), " ", b.Height, " ", b.U8[i*3*b.Height*b.Width]))
			}
		}
		if !slices.Equal(seen, want) {
			t.Fatalf("got %v, want %v", seen, want)
		}
	})
}
