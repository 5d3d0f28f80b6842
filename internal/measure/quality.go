package measure

import (
	"fmt"
	"math"

	"herbarium/format"
	"herbarium/internal/images"
	"herbarium/internal/prior"
)

// Intensities are the values of pictures as [0,1].
func Intensities(pictures format.Tensor) ([]float32, error) {
	switch pictures.DType {
	case format.F32:
		return format.Values[float32](&pictures)
	case format.U8:
		return images.Intensities(pictures.Data), nil
	}
	return nil, fmt.Errorf("tensor %q is %s, want U8 or F32", pictures.Name, pictures.DType)
}

// PSNR is the peak signal-to-noise ratio in dB of a picture against its original, both in [0,1]: -10 log10 of the mean
// squared difference. It is +Inf for equal ones.
func PSNR(picture, original []float32) float64 {
	sum := 0.0
	for i, v := range picture {
		d := float64(v) - float64(original[i])
		sum += d * d
	}
	return -10 * math.Log10(sum/float64(len(picture)))
}

// Variation is the total variation of a picture [3,H,W] in [0,1] (Mahendran and Vedaldi, IJCV 2016, equation 7, with
// beta = 2):
//
//	1/(H W) sum_uvk ((x_u,v+1,k - x_uvk)^2 + (x_u+1,v,k - x_uvk)^2) / V^2
//
// where differences across the last row and column count as zero, and V (prior.V) is how much a natural pixel
// differs from its neighbor. [prior.Variation] is the same of tensors in float32, which a gradient goes through; what is
// reported is summed in float64.
func Variation(picture []float32, height, width int) float64 {
	const v = prior.V
	sum := 0.0
	for i, x := range picture {
		if (i+1)%width != 0 {
			d := float64(picture[i+1]) - float64(x)
			sum += d * d
		}
		if i/width%height != height-1 {
			d := float64(picture[i+width]) - float64(x)
			sum += d * d
		}
	}
	return sum / (v * v * float64(height*width))
}
