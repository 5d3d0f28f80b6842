package measure

import (
	"fmt"
	"math"

	"herbarium/format"
	"herbarium/internal/images"
	"herbarium/internal/prior"
	"herbarium/internal/torch"
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

// Variation is the total variation of each of some pictures in [0,1], which have shape [C,H,W]: [prior.Variation], in double
// precision.
func Variation(pictures []float32, shape []int) (each []float64, err error) {
	err = torch.Do(func(s *torch.Scope) error {
		n := len(pictures) / (shape[0] * shape[1] * shape[2])
		x := torch.From(s, append([]int{n}, shape...), pictures)
		each = torch.Read[float64](s, prior.Variation(s, s.Cast(x, torch.F64)))
		return nil
	})
	return each, err
}
