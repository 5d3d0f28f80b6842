package synthetic

// canvas is a picture being painted at a few times its final size. The shorter side spans -1 to 1.
type canvas struct {
	height, width int // of the finished picture
	factor        int // samples per pixel and direction
	rows, columns int
	scale         float32 // samples per unit
	origin        vec2    // in samples
	pix           []rgb
	light         light
	// marks, if not nil, holds the part painted last on each sample; tests measure colors with it.
	marks []part
}

// part says what a sample shows.
type part uint8

const (
	partNone part = iota
	partPetal
	partDisc
	partGreen
)

// light is what shines on everything.
type light struct {
	from     vec3    // unit, toward the light
	ambient  float32 // what reaches every surface
	diffuse  float32 // what reaches a surface that faces the light
	exposure float32
	tint     rgb // color temperature
}

func newCanvas(height, width int, l light) *canvas {
	short := min(height, width)
	factor := min(max((95+short)/short, 2), 6) // edges are antialiased by themselves; this is for what lies within
	c := &canvas{height: height, width: width, factor: factor, rows: height * factor, columns: width * factor, light: l}
	c.scale = float32(short*factor) / 2
	c.origin = vec2{float32(c.columns) / 2, float32(c.rows) / 2}
	c.pix = make([]rgb, c.rows*c.columns)
	return c
}

// toSamples turns a point of the scene into samples; the center of sample (0,0) is (0,0).
func (c *canvas) toSamples(p vec2) vec2 {
	return vec2{p.x*c.scale + c.origin.x - 0.5, p.y*c.scale + c.origin.y - 0.5}
}

// blend paints one sample. Little more is asked of it, so that it is inlined.
func (c *canvas) blend(at int, col rgb, cover float32) {
	c.pix[at] = c.pix[at].mix(col, cover)
}

// lit is how bright a surface is that turns the cosine toward the light.
func (l *light) lit(cosine float32) float32 {
	return l.ambient + l.diffuse*max(cosine, 0)
}

// finish averages the samples of each pixel, applies exposure, tint and vignette, adds noise (values of deviation 1,
// one per pixel and channel, times the amount) and returns the picture as [3,H,W].
func (c *canvas) finish(vignette, amount float32, noise func() float32) []byte {
	out := make([]byte, 3*c.height*c.width)
	gain := c.light.tint.times(c.light.exposure)
	share := 1 / float32(c.factor*c.factor)
	plane := c.height * c.width
	for y := range c.height {
		for x := range c.width {
			var sum rgb
			for j := range c.factor {
				at := (y*c.factor+j)*c.columns + x*c.factor
				for _, p := range c.pix[at : at+c.factor] {
					sum.r += p.r
					sum.g += p.g
					sum.b += p.b
				}
			}
			dx := 2*(float32(x)+0.5)/float32(c.width) - 1
			dy := 2*(float32(y)+0.5)/float32(c.height) - 1
			sum = sum.times(share * (1 - vignette*(dx*dx+dy*dy)/2)).filter(gain)
			at := y*c.width + x
			for i, v := range [3]float32{sum.r, sum.g, sum.b} {
				out[i*plane+at] = byte(255*limit(shoulder(v)+amount*noise()) + 0.5)
			}
		}
	}
	return out
}

// shoulder compresses what is brighter than 0.85, so that highlights do not burn out to flat white.
func shoulder(v float32) float32 {
	const knee = 0.85
	if v <= knee {
		return max(v, 0)
	}
	over := v - knee
	return knee + (1-knee)*over/(over+1-knee)*1.15
}
