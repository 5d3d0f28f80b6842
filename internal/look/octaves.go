package look

import (
	"fmt"
	"math"
	"slices"

	"herbarium/internal/ascend"
	"herbarium/internal/errs"
	"herbarium/internal/graph"
	"herbarium/internal/images"
	"herbarium/internal/objective"
)

// smallestOctave is the side, in pixels, of the smallest octave.
const smallestOctave = 8

// MakeOctaves makes pictures as [Viewer.Make] does, but at count sizes one after the other, each scale times larger than
// the one before; the last is the size of the net's input. Each size starts from its target photo with the changes that the
// size before made to it, enlarged; the first from the items' Start. Units are read again at each size: they have no
// directions, and positions that exist at all sizes.
func (v *Viewer) MakeOctaves(items []ascend.Item, count int, scale float64) ([]ascend.Result, error) {
	height, width := v.Model.Input[1], v.Model.Input[2]
	var changes [][]float32 // of the octave before, [C,H,W]
	var before [2]int
	for k := count - 1; k >= 0; k-- {
		h, w := octaveSide(height, k, scale), octaveSide(width, k, scale)
		if k > 0 && min(h, w) < smallestOctave {
			return nil, errs.Hint(fmt.Errorf("octave %d would be %dx%d pixels, which shows a net nothing", count-k, h, w), "fewer --octaves, or a smaller --octave-scale")
		}
		at, err := v.Sized(graph.Shape{v.Model.Input[0], h, w})
		if err != nil {
			return nil, fmt.Errorf("octave %d: %w", count-k, err)
		}
		part := slices.Clone(items)
		for i := range part {
			it := &part[i]
			if it.Unit, err = objective.Parse(it.Unit.Text, at.Model); err != nil {
				return nil, err
			}
			it.Target = resized(items[i].Target, height, width, h, w)
			switch {
			case changes != nil:
				it.Start = resized(changes[i], before[0], before[1], h, w)
				for p, v := range it.Target {
					it.Start[p] = min(max(it.Start[p]+v, 0), 1)
				}
			case it.Start != nil:
				it.Start = resized(items[i].Start, height, width, h, w)
			}
		}
		results, err := at.Make(part)
		if err != nil || k == 0 {
			return results, err
		}
		changes = make([][]float32, len(part))
		for i, r := range results {
			changes[i] = images.Intensities(r.Pixels)
			for p, v := range part[i].Target {
				changes[i][p] -= v
			}
		}
		before = [2]int{h, w}
	}
	return nil, fmt.Errorf("%d octaves make no picture", count)
}

// octaveSide is a side k octaves below the last.
func octaveSide(side, k int, scale float64) int {
	if k == 0 {
		return side
	}
	return max(int(math.Round(float64(side)/math.Pow(scale, float64(k)))), 1)
}
