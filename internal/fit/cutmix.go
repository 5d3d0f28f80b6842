package fit

import (
	"math"

	"herbarium/internal/random"
	"herbarium/internal/torch"
)

// mix cuts a rectangle of another photo of the batch into a share CutMix of photos x [N,C,H,W] of classes y (Yun et al.,
// "CutMix", ICCV 2019): the area that stays is uniform in [0,1], the rectangle has the photo's shape and lies anywhere
// in it, and both classes count by their areas. Which photos, and where, are functions of seed, photo and epoch; the
// other photo is the one that comes as long before the batch's end as this comes after its start.
func (a Augment) mix(s *torch.Scope, x, y torch.Tensor, seed uint64, photos []int, epoch int) (torch.Tensor, labels) {
	if a.CutMix == 0 {
		return x, labels{{class: y}}
	}
	shape := x.Shape()
	n, height, width := shape[0], shape[2], shape[3]
	stays, foreign := make([]float32, n*height*width), make([]float32, n)
	other := make([]int64, n)
	for i, photo := range photos {
		other[i] = int64(n - 1 - i)
		mask := stays[i*height*width : (i+1)*height*width]
		for k := range mask {
			mask[k] = 1
		}
		r := random.New(seed, random.Key("cutmix"), uint64(photo), uint64(epoch))
		if r.Float64() >= a.CutMix {
			continue
		}
		side := math.Sqrt(1 - r.Float64())
		h, w := int(math.Round(side*float64(height))), int(math.Round(side*float64(width)))
		top, left := r.IntN(height-h+1), r.IntN(width-w+1)
		for row := top; row < top+h; row++ {
			clear(mask[row*width+left : row*width+left+w])
		}
		foreign[i] = float32(h*w) / float32(height*width)
	}
	at := s.To(torch.From(s, []int{n}, other), x.Device())
	mask := s.To(torch.From(s, []int{n, 1, height, width}, stays), x.Device())
	share := s.To(torch.From(s, []int{n}, foreign), x.Device())
	from := s.IndexSelect(x, 0, at)
	rest := func(part torch.Tensor) torch.Tensor { return s.AddScalar(s.Scale(part, -1), 1) }
	return s.Add(s.Mul(x, mask), s.Mul(from, rest(mask))), labels{{y, rest(share)}, {s.IndexSelect(y, 0, at), share}}
}
