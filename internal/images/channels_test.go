package images

import (
	"image/color"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"herbarium/format"
)

// A gray document comes back as it was, and its pictures are shown gray.
func TestGrayComesBack(t *testing.T) {
	b := &Batch{Items: []Item{{"name": "a"}, {"name": "b"}}, Height: 1, Width: 2, U8: []byte{1, 2, 3, 4}}
	d, err := b.Document()
	if err != nil {
		t.Fatal(err)
	}
	again, err := FromDocument(d)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{2, 1, 1, 2}, again.Shape()); diff != "" || again.Channels() != Gray {
		t.Errorf("%d channels, shape %s", again.Channels(), diff)
	}
	if got := again.Bytes(1, 2); !cmp.Equal(got, []byte{3, 4}) {
		t.Errorf("the second picture is %v", got)
	}
	if got := again.Image(1).NRGBAAt(1, 0); got != (color.NRGBA{4, 4, 4, 255}) {
		t.Errorf("its second pixel is shown as %v", got)
	}
}

// Gray and RGB pictures lie in documents of their own.
func TestWriterKeepsColorsApart(t *testing.T) {
	w, got := collect(t)
	for _, channels := range []int{3, 1, 1, 3} {
		p := Picture{Height: 2, Width: 3, U8: make([]byte, channels*6), Label: NoLabel, Item: Item{}}
		if err := w.Add(p); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	var shapes [][]int
	for _, b := range *got {
		shapes = append(shapes, b.Shape())
	}
	if diff := cmp.Diff([][]int{{1, 3, 2, 3}, {2, 1, 2, 3}, {1, 3, 2, 3}}, shapes); diff != "" {
		t.Error(diff)
	}
}

// What gray pictures were made from is gray.
func TestOriginalsOfGrayPictures(t *testing.T) {
	for channels, want := range map[int]string{Gray: "", RGB: "want U8 or F32 [1 1 1 2]"} {
		b := &Batch{Items: []Item{{}}, Height: 1, Width: 2, F32: []float32{0, 1}}
		b.Extra = []format.Tensor{format.Of(SourceTensor, []int{1, channels, 1, 2}, make([]byte, 2*channels))}
		d, err := b.Document()
		if err != nil {
			t.Fatal(err)
		}
		if _, err = FromDocument(d); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("an original that is %s: error %v", Colors(channels), err)
		}
	}
}

func TestCheckColors(t *testing.T) {
	if err := CheckColors(Gray, Gray); err != nil {
		t.Error(err)
	}
	for have, want := range map[int]string{RGB: "the images are RGB, and the net takes gray ones", Gray: "the images are gray, and the net takes RGB ones"} {
		if err := CheckColors(have, 4-have); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	for channels, ok := range map[int]bool{0: false, 1: true, 2: false, 3: true, 4: false} {
		if err := CheckChannels(channels); (err == nil) != ok {
			t.Errorf("%d channels: %v", channels, err)
		}
	}
}
