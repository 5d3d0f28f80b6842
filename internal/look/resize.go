package look

import (
	"math"
	"slices"
)

// resized samples [C,h,w] at another size: bilinear where it grows, the mean of what a pixel covers, weighted by a
// triangle, where it shrinks.
func resized(x []float32, h, w, height, width int) []float32 {
	if h == height && w == width {
		return slices.Clone(x)
	}
	across, down := weights(w, width), weights(h, height)
	channels := len(x) / (h * w)
	rows := make([]float32, channels*h*width)
	for y := range channels * h {
		for at, taps := range across {
			for _, t := range taps {
				rows[y*width+at] += t.weight * x[y*w+t.from]
			}
		}
	}
	out := make([]float32, channels*height*width)
	for c := range channels {
		for at, taps := range down {
			for _, t := range taps {
				for i := range width {
					out[(c*height+at)*width+i] += t.weight * rows[(c*h+t.from)*width+i]
				}
			}
		}
	}
	return out
}

// tap is what one output sample takes of one input sample.
type tap struct {
	from   int
	weight float32
}

// weights are the taps of each of to output samples, of from input samples.
func weights(from, to int) [][]tap {
	ratio := float64(from) / float64(to)
	reach := math.Max(ratio, 1)
	out := make([][]tap, to)
	for i := range out {
		center, sum := (float64(i)+0.5)*ratio-0.5, 0.0
		for j := max(int(math.Ceil(center-reach)), 0); j <= min(int(math.Floor(center+reach)), from-1); j++ {
			if v := 1 - math.Abs(float64(j)-center)/reach; v > 0 {
				out[i] = append(out[i], tap{j, float32(v)})
				sum += v
			}
		}
		for j := range out[i] {
			out[i][j].weight /= float32(sum)
		}
	}
	return out
}
