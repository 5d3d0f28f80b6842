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
	// Resize, if positive, is what torchvision's and timm's evaluation transforms do: the shorter side is scaled to
	// so many pixels, then Height x Width is cut out of the middle. It must not be below either of these.
	Resize int
	// Filter is the kernel that pictures are scaled with.
	Filter Filter
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
func (f Frame) apply(src upright) (chw []byte, height, width int) {
	h, w := src.size()
	switch {
	case f.Resize > 0:
		return f.resizeAndCut(src), f.Height, f.Width
	case f.Height == 0 || f.Height == h && f.Width == w:
		return src.planar(), h, w
	case f.Fit:
		return f.letterbox(src), f.Height, f.Width
	}
	scale := min(float64(h)/float64(f.Height), float64(w)/float64(f.Width))
	top := (float64(h) - scale*float64(f.Height)) / 2
	left := (float64(w) - scale*float64(f.Width)) / 2
	b := box{top: top, left: left, bottom: float64(h) - top, right: float64(w) - left}
	return src.resample(b, f.Height, f.Width, f.Filter), f.Height, f.Width
}

// resizeAndCut computes only those pixels of the scaled picture that stay.
func (f Frame) resizeAndCut(src upright) []byte {
	h, w := src.size()
	// In torchvision the longer side is cut to whole pixels, and the offset is rounded, halves to even.
	rh, rw := f.Resize, int(int64(f.Resize)*int64(w)/int64(h))
	if w < h {
		rh, rw = int(int64(f.Resize)*int64(h)/int64(w)), f.Resize
	}
	top := math.RoundToEven(float64(rh-f.Height) / 2)
	left := math.RoundToEven(float64(rw-f.Width) / 2)
	down, across := float64(h)/float64(rh), float64(w)/float64(rw)
	b := box{top: top * down, left: left * across, bottom: (top + float64(f.Height)) * down, right: (left + float64(f.Width)) * across}
	return src.resample(b, f.Height, f.Width, f.Filter)
}

// letterbox scales the whole picture to the largest size that fits, to the nearest pixel, and centers it.
func (f Frame) letterbox(src upright) []byte {
	h, w := src.size()
	scale := min(float64(f.Height)/float64(h), float64(f.Width)/float64(w))
	ih := min(max(int(math.Round(scale*float64(h))), 1), f.Height)
	iw := min(max(int(math.Round(scale*float64(w))), 1), f.Width)
	inner := src.resample(box{bottom: float64(h), right: float64(w)}, ih, iw, f.Filter)
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
