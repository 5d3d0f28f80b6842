package synthetic

import "math/rand/v2"

// A backdrop is what is far behind a flower, out of focus: it is painted on a coarse grid and enlarged smoothly.
type backdrop struct {
	name                string
	top, bottom, middle [2]rgb // ranges of the colors that the gradient runs through
	blobs               []blobs
	grain               float32 // sharp speckles, for soil and gravel
	blades              float32 // blurred blades of grass
}

// blobs are soft round patches of one sort.
type blobs struct {
	count      int
	color      [2]rgb
	size       [2]float32
	opacity    float32
	flat       float32 // height over width: below 1 for clouds
	fromBottom bool    // only in the lower half
}

func backdrops() []backdrop {
	return []backdrop{
		{name: "leaves",
			top:    [2]rgb{{0.10, 0.24, 0.10}, {0.26, 0.42, 0.18}},
			middle: [2]rgb{{0.12, 0.30, 0.12}, {0.24, 0.44, 0.18}},
			bottom: [2]rgb{{0.06, 0.17, 0.08}, {0.18, 0.32, 0.14}},
			blobs: []blobs{
				{8, [2]rgb{{0.05, 0.15, 0.07}, {0.12, 0.26, 0.10}}, [2]float32{0.25, 0.6}, 0.7, 0.7, false},
				{9, [2]rgb{{0.28, 0.48, 0.16}, {0.50, 0.66, 0.28}}, [2]float32{0.12, 0.4}, 0.6, 0.6, false},
			}},
		{name: "meadow",
			top:    [2]rgb{{0.52, 0.66, 0.34}, {0.74, 0.80, 0.52}},
			middle: [2]rgb{{0.38, 0.56, 0.22}, {0.54, 0.68, 0.30}},
			bottom: [2]rgb{{0.22, 0.40, 0.14}, {0.34, 0.50, 0.20}},
			blobs: []blobs{
				{8, [2]rgb{{0.62, 0.76, 0.36}, {0.84, 0.88, 0.58}}, [2]float32{0.12, 0.35}, 0.5, 1, false},
				{6, [2]rgb{{0.20, 0.36, 0.14}, {0.30, 0.46, 0.18}}, [2]float32{0.2, 0.5}, 0.6, 1, true},
			}, blades: 9},
		{name: "sky",
			top:    [2]rgb{{0.24, 0.48, 0.80}, {0.40, 0.62, 0.90}},
			middle: [2]rgb{{0.46, 0.68, 0.92}, {0.58, 0.76, 0.94}},
			bottom: [2]rgb{{0.70, 0.84, 0.95}, {0.86, 0.91, 0.94}},
			blobs: []blobs{
				{6, [2]rgb{{0.88, 0.92, 0.96}, {0.98, 0.98, 0.98}}, [2]float32{0.25, 0.7}, 0.55, 0.4, false},
			}},
		{name: "soil",
			top:    [2]rgb{{0.30, 0.22, 0.15}, {0.46, 0.34, 0.24}},
			middle: [2]rgb{{0.28, 0.20, 0.13}, {0.42, 0.31, 0.21}},
			bottom: [2]rgb{{0.20, 0.14, 0.09}, {0.34, 0.24, 0.16}},
			blobs: []blobs{
				{9, [2]rgb{{0.14, 0.09, 0.06}, {0.26, 0.18, 0.12}}, [2]float32{0.15, 0.45}, 0.6, 0.8, false},
				{6, [2]rgb{{0.46, 0.36, 0.26}, {0.60, 0.49, 0.37}}, [2]float32{0.1, 0.3}, 0.5, 0.8, false},
			}, grain: 1},
		{name: "stone",
			top:    [2]rgb{{0.56, 0.55, 0.53}, {0.74, 0.72, 0.68}},
			middle: [2]rgb{{0.50, 0.49, 0.48}, {0.68, 0.66, 0.62}},
			bottom: [2]rgb{{0.40, 0.40, 0.40}, {0.58, 0.56, 0.54}},
			blobs: []blobs{
				{6, [2]rgb{{0.36, 0.36, 0.36}, {0.48, 0.47, 0.45}}, [2]float32{0.25, 0.6}, 0.5, 0.7, false},
				{6, [2]rgb{{0.72, 0.71, 0.68}, {0.84, 0.82, 0.78}}, [2]float32{0.2, 0.5}, 0.5, 0.7, false},
			}, grain: 0.45},
		{name: "shade",
			top:    [2]rgb{{0.04, 0.07, 0.07}, {0.12, 0.15, 0.13}},
			middle: [2]rgb{{0.04, 0.07, 0.06}, {0.10, 0.14, 0.11}},
			bottom: [2]rgb{{0.02, 0.04, 0.03}, {0.08, 0.10, 0.08}},
			blobs: []blobs{
				{6, [2]rgb{{0.10, 0.20, 0.13}, {0.20, 0.30, 0.20}}, [2]float32{0.2, 0.5}, 0.5, 0.8, false},
			}},
		{name: "dusk",
			top:    [2]rgb{{0.38, 0.34, 0.52}, {0.58, 0.48, 0.62}},
			middle: [2]rgb{{0.66, 0.50, 0.54}, {0.82, 0.62, 0.56}},
			bottom: [2]rgb{{0.34, 0.34, 0.30}, {0.48, 0.44, 0.36}},
			blobs: []blobs{
				{5, [2]rgb{{0.92, 0.74, 0.54}, {0.98, 0.84, 0.66}}, [2]float32{0.12, 0.35}, 0.5, 1, false},
				{5, [2]rgb{{0.26, 0.28, 0.26}, {0.36, 0.36, 0.32}}, [2]float32{0.25, 0.55}, 0.6, 0.7, true},
			}},
	}
}

func between(rng *rand.Rand, low, high float32) float32 { return low + (high-low)*rng.Float32() }

func (r blobs) pick(rng *rand.Rand) rgb { return r.color[0].mix(r.color[1], rng.Float32()) }

// coarse is the side of the grid that backdrops are painted on; nothing on them is sharper.
const coarse = 36

// backdrop paints b, with blurred spots of light and of other flowers' colors.
func (c *canvas) backdrop(b *backdrop, bokeh int, rng *rand.Rand) {
	var grid [coarse * coarse]rgb
	pick := func(r [2]rgb) rgb { return r[0].mix(r[1], rng.Float32()) }
	top, middle, bottom := pick(b.top), pick(b.middle), pick(b.bottom)
	slant := between(rng, -0.5, 0.5)
	for i := range grid {
		x, y := float32(i%coarse)/(coarse-1)-0.5, float32(i/coarse)/(coarse-1)
		t := limit(y + slant*x)
		if t < 0.5 {
			grid[i] = top.mix(middle, 2*t)
		} else {
			grid[i] = middle.mix(bottom, 2*t-1)
		}
	}
	for _, s := range b.blobs {
		for range s.count {
			y := rng.Float32()
			if s.fromBottom {
				y = 0.5 + y/2
			}
			size := between(rng, s.size[0], s.size[1])
			softSpot(&grid, rng.Float32(), y, size, size*s.flat, s.pick(rng), s.opacity*between(rng, 0.5, 1), 2)
		}
	}
	for range bokeh {
		col := hsv(360*rng.Float32(), between(rng, 0.1, 0.8), between(rng, 0.6, 1))
		size := between(rng, 0.06, 0.16)
		softSpot(&grid, rng.Float32(), rng.Float32(), size, size, col, between(rng, 0.3, 0.75), 1)
	}
	c.enlarge(&grid)
	if b.grain > 0 {
		c.grain(b.grain, top.mix(bottom, 0.5), rng)
	}
	for range int(b.blades) {
		x := between(rng, -1.3, 1.3)
		col := pick([2]rgb{{0.30, 0.50, 0.18}, {0.62, 0.76, 0.36}})
		q := &paint{base: col.times(0.8), tip: col, middle: 0.5}
		tip := vec2{x + between(rng, -0.5, 0.5), between(rng, -0.9, 0.4)}
		c.stalk(vec2{x, 1.3}, tip, vec2{between(rng, -0.3, 0.3), 0}, blade, between(rng, 0.03, 0.06), q, partGreen, 1, 0.09)
	}
}

// softSpot adds an elliptic patch; power 1 makes it flat with a soft edge, higher ones fade from the center.
func softSpot(grid *[coarse * coarse]rgb, x, y, rx, ry float32, col rgb, opacity float32, power int) {
	x0, x1 := max(int((x-rx)*coarse), 0), min(int((x+rx)*coarse)+1, coarse-1)
	y0, y1 := max(int((y-ry)*coarse), 0), min(int((y+ry)*coarse)+1, coarse-1)
	for j := y0; j <= y1; j++ {
		for i := x0; i <= x1; i++ {
			dx, dy := (float32(i)/(coarse-1)-x)/rx, (float32(j)/(coarse-1)-y)/ry
			k := 1 - dx*dx - dy*dy
			if k <= 0 {
				continue
			}
			if power == 1 {
				k = smooth(0, 0.5, k)
			} else {
				k *= k
			}
			at := j*coarse + i
			grid[at] = grid[at].mix(col, k*opacity)
		}
	}
}

// enlarge fills the canvas from the grid with quadratic B-splines, which show no grid lines.
func (c *canvas) enlarge(grid *[coarse * coarse]rgb) {
	column := make([]splineStep, c.columns)
	// A picture that is not square shows the grid's middle enlarged to its longer side.
	long := float32(max(c.rows, c.columns))
	for x := range column {
		column[x] = newSplineStep((float32(x)+0.5-float32(c.columns)/2)/long + 0.5)
	}
	line := make([]rgb, coarse)
	for y := range c.rows {
		s := newSplineStep((float32(y)+0.5-float32(c.rows)/2)/long + 0.5)
		for x := range line {
			a, b, d := grid[s.at[0]*coarse+x], grid[s.at[1]*coarse+x], grid[s.at[2]*coarse+x]
			line[x] = s.mix(a, b, d)
		}
		out := c.pix[y*c.columns:][:c.columns]
		for x, s := range column {
			out[x] = s.mix(line[s.at[0]], line[s.at[1]], line[s.at[2]])
		}
	}
}

// splineStep is the three grid lines around a point and their weights.
type splineStep struct {
	at     [3]int
	weight [3]float32
}

func newSplineStep(t float32) (s splineStep) {
	pos := t * (coarse - 1)
	mid := int(pos + 0.5)
	d := pos - float32(mid)
	s.weight = [3]float32{(0.5 - d) * (0.5 - d) / 2, 0.75 - d*d, (0.5 + d) * (0.5 + d) / 2}
	for i := range s.at {
		s.at[i] = min(max(mid-1+i, 0), coarse-1)
	}
	return s
}

func (s *splineStep) mix(a, b, d rgb) rgb {
	w := &s.weight
	return rgb{w[0]*a.r + w[1]*b.r + w[2]*d.r, w[0]*a.g + w[1]*b.g + w[2]*d.g, w[0]*a.b + w[1]*b.b + w[2]*d.b}
}

// grain strews crumbs of lighter and darker earth, small stones among them.
func (c *canvas) grain(amount float32, col rgb, rng *rand.Rand) {
	for range int(110 * amount) {
		d := round(vec2{between(rng, -1.1, 1.1), between(rng, -1.1, 1.1)}, between(rng, 0.012, 0.05))
		d.side = d.side.times(between(rng, 0.5, 0.9))
		shade := col.times(between(rng, 0.5, 1.5))
		d.center, d.edge, d.dome, d.blur, d.see = shade, shade.times(0.8), 0.35, 0.03, between(rng, 0.3, 0.8)
		c.disc(&d)
	}
}
