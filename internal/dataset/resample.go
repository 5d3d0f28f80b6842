package dataset

import (
	"fmt"
	"math"
)

// Pictures are resized with a kernel that is widened by the scale when shrinking, so that every source pixel counts
// and nothing aliases. Across first, then down, in 22-bit fixed point with an 8-bit picture in between: the arithmetic
// of Pillow, whose values it gives, and the same on every machine.
//
// What else changes a size means something else, or has other values: look samples floats between octaves, which may be
// negative and are not rounded; sheet enlarges for the eye, by whole factors where it can; the canvas phase reads a
// spectrum at other frequencies; the op resize is PyTorch's, without a wider kernel.

// Filter is a kernel for resizing.
type Filter int

const (
	Bicubic  Filter = iota // cubic convolution of Keys (1981, a = -0.5), also called Catmull-Rom
	Bilinear               // triangle
)

// ParseFilter finds a filter by its name: bicubic or bilinear.
func ParseFilter(name string) (Filter, error) {
	switch name {
	case "bicubic":
		return Bicubic, nil
	case "bilinear":
		return Bilinear, nil
	}
	return 0, fmt.Errorf("no filter %q: there are bicubic and bilinear", name)
}

// support is from where on the kernel is zero.
func (f Filter) support() float64 {
	if f == Bilinear {
		return 1
	}
	return 2
}

// at is the kernel's value.
func (f Filter) at(x float64) float64 {
	const a = -0.5
	x = math.Abs(x)
	switch {
	case f == Bilinear:
		return max(1-x, 0)
	case x < 1:
		return ((a+2)*x-(a+3))*x*x + 1
	case x < 2:
		return (((x-5)*x+8)*x - 4) * a
	}
	return 0
}

// weightBits is the precision of a weight: 8 bits are the pixel, 2 are room for sums beyond white.
const weightBits = 32 - 8 - 2

// taps are one axis of a resampling: output i is the sum over k of weight[i*width+k] * input[first[i]+k].
type taps struct {
	first  []int
	count  []int
	weight []int32
	width  int
}

// newTaps maps n outputs onto the inputs from..to (in pixels, 0 is the left edge) of an axis of length size.
func newTaps(size int, from, to float64, n int, f Filter) taps {
	scale := (to - from) / float64(n)
	wide := max(scale, 1)
	support := f.support() * wide
	t := taps{first: make([]int, n), count: make([]int, n), width: 2*int(math.Ceil(support)) + 1}
	t.weight = make([]int32, n*t.width)
	w := make([]float64, t.width)
	for i := range n {
		center := from + (float64(i)+0.5)*scale
		lo := max(int(center-support+0.5), 0)
		hi := min(int(center+support+0.5), size)
		sum := 0.0
		for k := range hi - lo {
			w[k] = f.at((float64(k+lo) - center + 0.5) / wide)
			sum += w[k]
		}
		t.first[i], t.count[i] = lo, hi-lo
		for k := range hi - lo {
			t.weight[i*t.width+k] = int32(math.Round(w[k] / sum * (1 << weightBits)))
		}
	}
	return t
}

// box is the part of a picture that is resampled, in pixels from the top left corner.
type box struct{ top, left, bottom, right float64 }

// packed is a pixel ready to be weighted: red in the lower and blue in the upper half of one word, so that two
// multiplications do for three channels. Sums are signed; split undoes the borrow.
type packed struct{ rb, g int64 }

func pack(r, g, b byte) packed { return packed{int64(r) | int64(b)<<32, int64(g)} }

// half is the rounding of all three channels.
func half() packed {
	const h = 1 << (weightBits - 1)
	return packed{h | h<<32, h}
}

// split is the pixel that a weighted sum stands for.
func (p packed) split() (r, g, b byte) {
	low := int32(p.rb)
	high := int32((p.rb - int64(low)) >> 32)
	return clip8(low >> weightBits), clip8(int32(p.g) >> weightBits), clip8(high >> weightBits)
}

// resample scales the part of src inside the box to height x width and returns it as [3,H,W]. With downFirst it works
// in the other order: what a picture that will be turned by a quarter needs, so that it has the same values as if it
// had been turned before. No more rows are in memory than one row of the result is made of.
func resample(src rows, b box, height, width int, f Filter, downFirst bool) []byte {
	h, w := src.size()
	across, down := newTaps(w, b.left, b.right, width, f), newTaps(h, b.top, b.bottom, height, f)
	line, wide := make([]byte, 3*w), make([]packed, w)
	between := width
	if downFirst {
		between = w
	}
	ring := make([][]packed, down.width) // row y of src is at y modulo its length
	next := down.first[0]
	acc, narrow := make([]packed, between), make([]packed, width)
	plane := height * width
	out := make([]byte, 3*plane)
	for y := range height {
		first, count := down.first[y], down.count[y]
		for ; next < first+count; next++ {
			at := next % len(ring)
			if ring[at] == nil {
				ring[at] = make([]packed, between)
			}
			src.row(next, line)
			if downFirst {
				packRow(ring[at], line)
			} else {
				packRow(wide, line)
				across.apply(ring[at], wide)
			}
		}
		for i := range acc {
			acc[i] = half()
		}
		for k, wt := range down.weight[y*down.width:][:count] {
			in := ring[(first+k)%len(ring)][:len(acc)]
			for i, v := range in {
				acc[i].rb += v.rb * int64(wt)
				acc[i].g += v.g * int64(wt)
			}
		}
		result := acc
		for i, v := range acc {
			acc[i] = pack(v.split())
		}
		if downFirst {
			across.apply(narrow, acc)
			result = narrow
		}
		for x, v := range result {
			at := y*width + x
			out[at], out[plane+at], out[2*plane+at] = byte(v.rb), byte(v.g), byte(v.rb>>32)
		}
	}
	return out
}

// packRow packs a row [W,3].
func packRow(dst []packed, line []byte) {
	for x := range dst {
		p := line[3*x : 3*x+3 : 3*x+3]
		dst[x] = pack(p[0], p[1], p[2])
	}
}

// apply resamples one row.
func (t *taps) apply(dst, src []packed) {
	for i, first := range t.first {
		sum := half()
		weight := t.weight[i*t.width:][:t.count[i]]
		for k, v := range src[first:][:len(weight)] {
			wt := int64(weight[k])
			sum.rb += v.rb * wt
			sum.g += v.g * wt
		}
		dst[i] = pack(sum.split())
	}
}
