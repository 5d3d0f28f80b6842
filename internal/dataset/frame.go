package dataset

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Frame is the size that pictures are brought to, and how. The zero value leaves them as they are.
type Frame struct {
	// Height and Width are in pixels.
	Height, Width int
	// Fit shows the whole picture, with bars of middle gray where its proportions differ. Without it the picture
	// fills the frame and what sticks out on two sides is cut off evenly.
	Fit bool
}

// barGray is near the mean of most photos, so that a net sees next to nothing in the bars.
const barGray = 128

// maxSide bounds what can be asked for.
const maxSide = 16384

// ParseSize reads "96" (a square) or "64x96" (height x width); "" is the zero Frame.
func ParseSize(s string) (Frame, error) {
	if s == "" {
		return Frame{}, nil
	}
	h, w, two := strings.Cut(s, "x")
	if !two {
		w = h
	}
	height, err1 := strconv.Atoi(h)
	width, err2 := strconv.Atoi(w)
	if err1 != nil || err2 != nil || height < 1 || width < 1 || height > maxSide || width > maxSide {
		return Frame{}, fmt.Errorf("size %q: want pixels as N or HxW, from 1 to %d", s, maxSide)
	}
	return Frame{Height: height, Width: width}, nil
}

// apply brings a picture into the frame and returns it as [3,H,W].
func (f Frame) apply(src rows) (chw []byte, height, width int) {
	h, w := src.size()
	switch {
	case f.Height == 0 || f.Height == h && f.Width == w:
		return planarRows(src), h, w
	case f.Fit:
		return f.letterbox(src), f.Height, f.Width
	}
	scale := min(float64(h)/float64(f.Height), float64(w)/float64(f.Width))
	top := (float64(h) - scale*float64(f.Height)) / 2
	left := (float64(w) - scale*float64(f.Width)) / 2
	b := box{top: top, left: left, bottom: float64(h) - top, right: float64(w) - left}
	return resample(src, b, f.Height, f.Width), f.Height, f.Width
}

// letterbox scales the whole picture to the largest size that fits, to the nearest pixel, and centres it.
func (f Frame) letterbox(src rows) []byte {
	h, w := src.size()
	scale := min(float64(f.Height)/float64(h), float64(f.Width)/float64(w))
	ih := min(max(int(math.Round(scale*float64(h))), 1), f.Height)
	iw := min(max(int(math.Round(scale*float64(w))), 1), f.Width)
	inner := resample(src, box{bottom: float64(h), right: float64(w)}, ih, iw)
	plane := f.Height * f.Width
	out := make([]byte, 3*plane)
	for i := range out {
		out[i] = barGray
	}
	top, left := (f.Height-ih)/2, (f.Width-iw)/2
	for i := range 3 * ih {
		c, y := i/ih, i%ih
		copy(out[c*plane+(top+y)*f.Width+left:], inner[i*iw:(i+1)*iw])
	}
	return out
}

// planarRows is the picture at its own size as [3,H,W].
func planarRows(src rows) []byte {
	h, w := src.size()
	n := h * w
	out := make([]byte, 3*n)
	line := make([]byte, 3*w)
	for y := range h {
		src.row(y, line)
		for x := range w {
			at := y*w + x
			out[at], out[n+at], out[2*n+at] = line[3*x], line[3*x+1], line[3*x+2]
		}
	}
	return out
}
