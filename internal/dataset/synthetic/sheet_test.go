package synthetic

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"strconv"
	"testing"
	"time"
)

// TestSheet writes a contact sheet for the eye: SHEET=out.png SIDE=48 ROWS=8 ZOOM=4.
func TestSheet(t *testing.T) {
	out := os.Getenv("SHEET")
	if out == "" {
		t.Skip("set SHEET=FILE.png to draw a contact sheet")
	}
	number := func(name string, otherwise int) int {
		if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
			return n
		}
		return otherwise
	}
	side, rows, zoom, first, seed := number("SIDE", 48), number("ROWS", 6), number("ZOOM", 1), number("FIRST", 0), number("SEED", 1)
	k := len(Names())
	cols := number("COLS", k)
	m := image.NewRGBA(image.Rect(0, 0, cols*(side*zoom+2), rows*(side*zoom+2)))
	start := time.Now()
	for r := range rows {
		for c := range cols {
			pix, _ := Draw(uint64(seed), uint64(r*k+(first+c)%k), side, side)
			for y := range side * zoom {
				for x := range side * zoom {
					at := y/zoom*side + x/zoom
					m.SetRGBA(c*(side*zoom+2)+x, r*(side*zoom+2)+y, color.RGBA{pix[at], pix[side*side+at], pix[2*side*side+at], 255})
				}
			}
		}
	}
	t.Logf("%.2f ms each", float64(time.Since(start).Microseconds())/1000/float64(rows*cols))
	f, err := os.Create(out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, m); err != nil {
		t.Fatal(err)
	}
}
