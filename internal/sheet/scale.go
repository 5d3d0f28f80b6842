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

// Resize scales a picture. A whole factor repeats pixels, so that each stays a
// sharp square; any other factor is smooth (Catmull-Rom, with antialiasing
// where it reduces).
func Resize(src image.Image, factor float64) (*image.RGBA, error) {
	size := src.Bounds().Size()
	w, h := math.Round(float64(size.X)*factor), math.Round(float64(size.Y)*factor)
	if !(w >= 1 && h >= 1 && w*h <= MaxPixels) {
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

// Reduce makes a picture fit into 512x512 pixels; a smaller one keeps its size.
func Reduce(src image.Image) (*image.RGBA, error) {
	size := src.Bounds().Size()
	return Resize(src, min(1, largestCell/float64(max(size.X, size.Y))))
}

// Even enlarges small pictures by whole factors, each until its shorter side has
// 128 pixels, and further until it is nearly as large as the largest of them.
// Where so many do not fit on a sheet, less.
func Even(pictures []*image.RGBA) ([]*image.RGBA, error) {
	target := 0
	for _, p := range pictures {
		size := p.Bounds().Size()
		short, long := min(size.X, size.Y), max(size.X, size.Y)
		// A strip is not blown up until it is thick enough.
		factor := max(1, min((leastCell+short-1)/short, largestCell/long))
		target = max(target, factor*long)
	}
	for {
		pixels, next := 0, 0
		for _, p := range pictures {
			size := p.Bounds().Size()
			factor := wholeFactor(size, target)
			pixels += size.X * size.Y * factor * factor
			if factor > 1 {
				next = max(next, factor*max(size.X, size.Y)-1)
			}
		}
		if pixels <= MaxPixels/2 || next == 0 {
			break
		}
		target = next
	}
	out := make([]*image.RGBA, len(pictures))
	for i, p := range pictures {
		factor := wholeFactor(p.Bounds().Size(), target)
		if factor == 1 {
			out[i] = p
			continue
		}
		var err error
		if out[i], err = Resize(p, float64(factor)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// wholeFactor is the largest by which a picture stays within target pixels.
func wholeFactor(size image.Point, target int) int {
	return max(1, target/max(size.X, size.Y))
}
