package dataset

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"math"

	"herbarium/internal/images"
)

// Degradation makes pictures worse, as a test of nets. The zero value leaves them as they are.
type Degradation struct {
	// Blur is the standard deviation of a Gaussian in pixels of the picture as it is handed on; 0 is none.
	Blur float64
	// JPEG is the quality, 1 to 100, at which the picture, blurred first, is compressed and decoded again; 0 is none.
	JPEG int
}

// Degraded is a source whose pictures are made worse after they have been brought to their size.
func Degraded(src Source, d Degradation) Source {
	if d == (Degradation{}) {
		return src
	}
	return change(src, func(p *images.Picture) (err error) {
		if d.Blur > 0 {
			p.U8 = blur(p.U8, p.Height, p.Width, d.Blur)
		}
		if d.JPEG > 0 {
			if p.U8, err = throughJPEG(p.U8, p.Height, p.Width, d.JPEG); err != nil {
				return fmt.Errorf("%s: %w", p.Item.Name(), err)
			}
		}
		return nil
	})
}

// blur convolves [C,H,W] with a Gaussian cut off at three deviations, along rows, then columns. Beyond its edges the
// picture is mirrored, the edge pixel included.
func blur(chw []byte, height, width int, sigma float64) []byte {
	radius := int(math.Ceil(3 * sigma))
	kernel, sum := make([]float64, 2*radius+1), 0.0
	for i := range kernel {
		d := float64(i-radius) / sigma
		kernel[i] = math.Exp(-d * d / 2)
		sum += kernel[i]
	}
	across, out := make([]float64, len(chw)), make([]byte, len(chw))
	for i := range chw {
		row, x, v := chw[i-i%width:], i%width, 0.0
		for k, weight := range kernel {
			v += weight * float64(row[mirrored(x+k-radius, width)])
		}
		across[i] = v / sum
	}
	plane := height * width
	for i := range across {
		column, y, v := across[i-i%plane+i%width:], i%plane/width, 0.0
		for k, weight := range kernel {
			v += weight * column[mirrored(y+k-radius, height)*width]
		}
		out[i] = byte(math.Round(v / sum))
	}
	return out
}

// mirrored brings a position into a row of n: ... 1 0 | 0 1 2 ... n-1 | n-1 n-2 ...
func mirrored(i, n int) int {
	i %= 2 * n
	if i < 0 {
		i += 2 * n
	}
	return min(i, 2*n-1-i)
}

// throughJPEG compresses and decodes [C,H,W], which stays gray or RGB.
func throughJPEG(chw []byte, height, width, quality int) ([]byte, error) {
	var m image.Image
	plane := height * width
	if len(chw) == images.Gray*plane {
		m = &image.Gray{Pix: chw, Stride: width, Rect: image.Rect(0, 0, width, height)}
	} else {
		rgba := image.NewRGBA(image.Rect(0, 0, width, height))
		for i := range plane {
			copy(rgba.Pix[4*i:], []byte{chw[i], chw[plane+i], chw[2*plane+i], 255})
		}
		m = rgba
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: quality}); err != nil {
		return nil, err
	}
	decoded, err := jpeg.Decode(&b)
	if err != nil {
		return nil, err
	}
	r, err := rowsOf(decoded)
	if err != nil {
		return nil, err
	}
	return planarRows(r)[:len(chw)], nil // of gray, the planes are equal
}
