package sheet

import (
	"image"
	"image/color"
	"math"
)

// Heat is a map [Height,Width] of how strongly something was found where. It covers a whole picture.
type Heat struct {
	Values        []float32
	Height, Width int
	Signed        bool // values may be negative, here or in maps beside it that it is compared with
}

// Range is what the ends of the color scale stand for: 0 and the largest value, or, where values are negative or
// Signed, the largest magnitude to both sides, so that the middle is 0. It is NaN if a value is not a number.
func (h Heat) Range() (low, high float64) {
	for _, v := range h.Values {
		if v := float64(v); math.IsNaN(v) || math.IsInf(v, 0) {
			return math.NaN(), math.NaN()
		}
		low, high = math.Min(low, float64(v)), math.Max(high, float64(v))
	}
	if h.Signed || low < 0 {
		high = math.Max(high, -low)
		low = -high
	}
	return low, high
}

// steps is how many colors a scale has; one more than even, so that a diverging one has a middle.
const steps = 255

// sequential runs from dark violet over red to pale yellow: equal steps look equally large, and lightness alone tells
// what is more.
func sequential() []lab {
	return ramp(steps, lch(10, 38, 300), lch(33, 62, 325), lch(54, 70, 20), lch(76, 62, 72), lch(95, 34, 104))
}

// diverging runs from blue over light gray to red.
func diverging() []lab {
	low := ramp(steps/2+1, lch(32, 46, 285), lch(60, 34, 270), lch(92, 0, 0))
	high := ramp(steps/2+1, lch(92, 0, 0), lch(60, 48, 38), lch(30, 58, 36))
	return append(low, high[1:]...)
}

// share is how much of an overlay is the map; the rest is the photo.
const share = 0.6

// Overlay lays a heat map over a photo, which loses its colors so that those of the map can be read. Between the
// map's values it is bilinear, and its outermost values reach to the edges. The scale is that of Range.
func Overlay(photo *image.RGBA, h Heat) *image.RGBA {
	low, high := h.Range()
	scale := sequential()
	if h.Signed || low < 0 {
		scale = diverging()
	}
	colors := make([]color.RGBA, len(scale))
	for i, c := range scale {
		colors[i] = c.rgb()
	}
	bounds := photo.Bounds()
	size := bounds.Size()
	out := image.NewRGBA(image.Rect(0, 0, size.X, size.Y))
	for y := range size.Y {
		for x := range size.X {
			v := 0.0
			if low == high && h.Signed {
				v = 0.5
			} else if high > low {
				v = (h.at(y, x, size) - low) / (high - low)
			}
			c := colors[int(math.Round(min(max(v, 0), 1)*(steps-1)))]
			gray := float64(color.GrayModel.Convert(photo.RGBAAt(bounds.Min.X+x, bounds.Min.Y+y)).(color.Gray).Y)
			mix := func(v uint8) uint8 { return uint8(math.Round(share*float64(v) + (1-share)*gray)) }
			out.SetRGBA(x, y, color.RGBA{mix(c.R), mix(c.G), mix(c.B), 255})
		}
	}
	return out
}

// at is the map at a pixel of a picture of that size.
func (h Heat) at(y, x int, size image.Point) float64 {
	y0, y1, fy := between(y, size.Y, h.Height)
	x0, x1, fx := between(x, size.X, h.Width)
	value := func(y, x int) float64 { return float64(h.Values[y*h.Width+x]) }
	top := value(y0, x0) + fx*(value(y0, x1)-value(y0, x0))
	bottom := value(y1, x0) + fx*(value(y1, x1)-value(y1, x0))
	return top + fy*(bottom-top)
}

// between are the two of n cells between whose centers a pixel's center lies, and how far from the first to the second.
func between(pixel, pixels, n int) (first, second int, share float64) {
	at := (float64(pixel)+0.5)*float64(n)/float64(pixels) - 0.5
	at = min(max(at, 0), float64(n-1))
	first = int(at)
	return first, min(first+1, n-1), at - float64(first)
}
