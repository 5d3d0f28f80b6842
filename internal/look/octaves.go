package look

import (
	"fmt"
	"math"
	"slices"

	"herbarium/internal/ascend"
	"herbarium/internal/cli"
	"herbarium/internal/objective"
)

// smallest is the side, in pixels, of the smallest octave.
const smallest = 8

// octaves makes the pictures once or, at growing sizes, several times.
func (v *Viewer) octaves(s *cli.Session, items []ascend.Item, o Options) ([]ascend.Result, error) {
	full := slices.Clone(items)
	var made [][]float32 // what the octave before changed, [3,H,W]
	height, width := v.Model.Input[1], v.Model.Input[2]
	var before [2]int
	for k := max(o.Octaves, 1) - 1; k >= 0; k-- {
		h, w := shrunk(height, k, o.OctaveScale), shrunk(width, k, o.OctaveScale)
		if k > 0 && min(h, w) < smallest {
			return nil, cli.Hint(fmt.Errorf("octave %d would be %dx%d pixels, which shows a net nothing", o.Octaves-k, h, w), "fewer --octaves, or a smaller --octave-scale")
		}
		at, err := v.Sized(h, w)
		if err != nil {
			return nil, fmt.Errorf("octave %d: %w", o.Octaves-k, err)
		}
		part := slices.Clone(full)
		for i := range part {
			part[i].Target = resized(full[i].Target, height, width, h, w)
			if part[i].Unit, err = objective.Parse(full[i].Unit.Text, at.Model); err != nil {
				return nil, err
			}
			if o.FromPhoto {
				part[i].Start = part[i].Target
			}
			if made != nil {
				part[i].Start = resized(made[i], before[0], before[1], h, w)
				for at, v := range part[i].Target {
					part[i].Start[at] = min(max(part[i].Start[at]+v, 0), 1)
				}
			}
		}
		results, err := at.Make(s, part, o)
		if err != nil || k == 0 {
			return results, err
		}
		made = make([][]float32, len(part))
		for i, r := range results {
			made[i] = intensities(r.Pixels)
			for at, v := range part[i].Target {
				made[i][at] -= v
			}
		}
		before = [2]int{h, w}
	}
	return nil, nil
}

// shrunk is a side k octaves below the last.
func shrunk(side, k int, scale float64) int {
	if k == 0 {
		return side
	}
	return max(int(math.Round(float64(side)/math.Pow(scale, float64(k)))), 1)
}

// resized samples [3,h,w] at another size: bilinear where it grows, the mean of what a pixel covers, weighted by a
// triangle, where it shrinks.
func resized(x []float32, h, w, height, width int) []float32 {
	if h == height && w == width {
		return slices.Clone(x)
	}
	across, down := weights(w, width), weights(h, height)
	rows := make([]float32, 3*h*width)
	for y := range 3 * h {
		for at, taps := range across {
			for _, t := range taps {
				rows[y*width+at] += t.weight * x[y*w+t.from]
			}
		}
	}
	out := make([]float32, 3*height*width)
	for c := range 3 {
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

type tap struct {
	from   int
	weight float32
}

// weights are what each of to samples takes of from samples.
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
