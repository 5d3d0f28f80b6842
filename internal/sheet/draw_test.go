package sheet

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// solid is a picture of one color.
func solid(w, h int, c color.RGBA) *image.RGBA {
	p := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		p.SetRGBA(i%w, i/w, c)
	}
	return p
}

func TestColumns(t *testing.T) {
	tests := []struct{ n, group, w, h, want int }{
		{0, 1, 100, 100, 1},
		{1, 1, 100, 100, 1},
		{2, 1, 100, 100, 2},
		{4, 1, 100, 100, 2},
		{24, 1, 244, 290, 6},
		{12, 1, 244, 290, 4},
		{100, 1, 148, 190, 15},
		{36, 3, 164, 220, 9},
		{12, 3, 164, 220, 6},
		{24, 6, 164, 220, 6},
		{2, 5, 100, 100, 2},
		{7, 1, 100, 10, 1},
		{7, 1, 10, 100, 7},
	}
	for _, test := range tests {
		if got := Columns(test.n, test.group, test.w, test.h); got != test.want {
			t.Errorf("%+v: got %d", test, got)
		}
	}
}

// TestPlan: whatever the pictures, captions and headings are, nothing overlaps,
// nothing leaves the page, and the order is that of reading.
func TestPlan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 20).Draw(t, "cells")
		words := rapid.SampledFrom([]string{"", "rose", "black-eyed susan of the meadow", strings.Repeat("w", 60), "hướng dương ורד אדום 12"})
		var cells []Cell
		var o Options
		for range n {
			c := Cell{Image: image.NewRGBA(image.Rect(0, 0, rapid.IntRange(1, 300).Draw(t, "w"), rapid.IntRange(1, 300).Draw(t, "h")))}
			for range rapid.IntRange(0, 3).Draw(t, "lines") {
				c.Caption = append(c.Caption, Line{words.Draw(t, "line"), Style(rapid.IntRange(0, 2).Draw(t, "style"))})
			}
			cells = append(cells, c)
		}
		o.Title = words.Draw(t, "title")
		o.Columns = rapid.IntRange(0, 8).Draw(t, "columns")
		o.Group = rapid.IntRange(0, 4).Draw(t, "group")
		o.ColumnNames = rapid.SliceOfN(words, 0, 9).Draw(t, "column names")
		if rapid.Bool().Draw(t, "rows") {
			o.Rows = rapid.SliceOfN(words, 1, 9).Draw(t, "row names")
			for range n {
				o.RowOf = append(o.RowOf, rapid.IntRange(0, len(o.Rows)-1).Draw(t, "row"))
			}
		}
		p, err := newPlan(cells, o)
		if err != nil {
			t.Fatal(err)
		}
		if p.width*p.height < 1<<20 {
			if _, err := Draw(cells, o); err != nil {
				t.Fatal(err)
			}
		}

		boxes := map[string]image.Rectangle{}
		for i, c := range cells {
			x, bottom := p.columnX(p.at[i].X), p.rowTop[p.at[i].Y]+p.pictureHeight[p.at[i].Y]
			size := c.Image.Bounds().Size()
			boxes[fmt.Sprint("picture ", i)] = image.Rect(x, bottom-size.Y, x+size.X, bottom)
			for k, line := range p.captions[i] {
				y := bottom + captionGap + k*p.fonts.plain.height
				boxes[fmt.Sprint("caption ", i, ".", k)] = image.Rect(x, y, x+p.fonts.of(line.Style).width(line.Text), y+p.fonts.plain.height)
			}
		}
		for i, lines := range p.rowNames {
			at, height := p.rowAt(i), p.fonts.strong.height
			for k, line := range lines {
				x := p.columnX(at.X) - p.heading
				y := p.rowTop[at.Y] + (p.pictureHeight[at.Y]-len(lines)*height)/2 + k*height
				boxes[fmt.Sprint("row name ", i, ".", k)] = image.Rect(x, y, x+p.fonts.strong.width(line), y+height)
			}
		}
		for k, line := range p.title {
			y := margin + k*p.fonts.title.height
			boxes[fmt.Sprint("title ", k)] = image.Rect(margin, y, margin+p.fonts.title.width(line), y+p.fonts.title.height)
		}
		page := image.Rect(margin, margin, p.width-margin, p.height-margin)
		for name, box := range boxes {
			if !box.In(page) {
				t.Fatalf("%s at %v leaves %v", name, box, page)
			}
			for other, b := range boxes {
				if name != other && box.Overlaps(b) {
					t.Fatalf("%s at %v overlaps %s at %v", name, box, other, b)
				}
			}
		}
		for i := 1; i < n && o.Rows == nil; i++ {
			if a, b := p.at[i-1], p.at[i]; b.Y < a.Y || b.Y == a.Y && b.X != a.X+1 {
				t.Fatalf("cell %d is at %v after %v", i, b, a)
			}
		}
	})
}

// TestDraw: pictures are on the sheet pixel by pixel, where the plan says, and
// the same sheet is drawn twice.
func TestDraw(t *testing.T) {
	cells := []Cell{
		{Image: solid(40, 30, color.RGBA{200, 0, 0, 255}), Caption: []Line{{"one", Strong}, {"p 0.98", Plain}}},
		{Image: solid(50, 60, color.RGBA{0, 200, 0, 255}), Caption: []Line{{"two", Alarm}}},
		{Image: solid(10, 10, color.RGBA{0, 0, 200, 255})},
	}
	o := Options{Title: "Title", Columns: 2, ColumnNames: []string{"left", "right"}}
	page, err := Draw(cells, o)
	if err != nil {
		t.Fatal(err)
	}
	count := map[color.RGBA]int{}
	for y := range page.Rect.Dy() {
		for x := range page.Rect.Dx() {
			count[page.RGBAAt(x, y)]++
		}
	}
	got := []int{count[color.RGBA{200, 0, 0, 255}], count[color.RGBA{0, 200, 0, 255}], count[color.RGBA{0, 0, 200, 255}]}
	if diff := cmp.Diff([]int{40 * 30, 50 * 60, 100}, got); diff != "" {
		t.Error(diff)
	}
	if count[redInk] == 0 || count[grayInk] == 0 || count[ink] == 0 {
		t.Error("a style of text is missing")
	}
	if !page.Opaque() || page.RGBAAt(0, 0) != paper {
		t.Error("the paper is not plain")
	}
	again, err := Draw(cells, o)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(page.Pix, again.Pix) {
		t.Error("two drawings of one sheet differ")
	}
}

func TestDrawRefuses(t *testing.T) {
	if _, err := Draw(nil, Options{}); err == nil {
		t.Error("a sheet of nothing")
	}
	big := image.NewRGBA(image.Rect(0, 0, 2000, 2000))
	_, err := Draw([]Cell{{Image: big}, {Image: big}, {Image: big}, {Image: big}, {Image: big}, {Image: big}, {Image: big}, {Image: big}, {Image: big}, {Image: big}, {Image: big}, {Image: big}, {Image: big}}, Options{})
	if err == nil || !strings.Contains(err.Error(), "a sheet of 13 pictures would have") {
		t.Errorf("got %v", err)
	}
}
