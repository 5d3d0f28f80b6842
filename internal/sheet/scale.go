package sheet

import (
	"fmt"
	"image"
	"math"

	"golang.org/x/image/draw"
)

const (
	leastCell   = 128 // pixels: smaller pictures are enlarged until their shorter side has so many
	largestCell = 512 // pixels: larger ones are reduced until their longer side has so many
)

// Resize scales a picture for a sheet. A whole factor repeats pixels, so that
// each stays a sharp square; any other factor is smooth (Catmull-Rom, with
// antialiasing where it reduces). Factor 0 chooses: small pictures are enlarged
// by the least whole number that makes their shorter side 128 pixels, and
// those above 512 pixels reduced.
func Resize(src image.Image, factor float64) (*image.RGBA, error) {
	size := src.Bounds().Size()
	if size.X < 1 || size.Y < 1 {
		return nil, fmt.Errorf("picture of %dx%d pixels", size.X, size.Y)
	}
	if factor == 0 {
		factor = automatic(size)
	}
	w, h := math.Round(float64(size.X)*factor), math.Round(float64(size.Y)*factor)
	if !(w >= 1 && h >= 1 && w*h <= largestSheet) {
		return nil, fmt.Errorf("scale %g makes %gx%g of %dx%d pixels", factor, w, h, size.X, size.Y)
	}
	dst := image.NewRGBA(image.Rect(0, 0, int(w), int(h)))
	var scaler draw.Scaler = draw.CatmullRom
	if factor == math.Trunc(factor) {
		scaler = draw.NearestNeighbor
	}
	scaler.Scale(dst, dst.Bounds(), src, src.Bounds(), draw.Src, nil)
	return dst, nil
}

// automatic is the factor that Resize chooses.
func automatic(size image.Point) float64 {
	short, long := min(size.X, size.Y), max(size.X, size.Y)
	if long > largestCell {
		return largestCell / float64(long)
	}
	factor := (leastCell + short - 1) / short
	// A strip is not blown up until it is thick enough.
	return float64(max(1, min(factor, largestCell/long)))
}
