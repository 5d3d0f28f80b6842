package synthetic

// disc is a round thing: a flower's center, a seed, an anther, a bud, a blurred light in the background.
type disc struct {
	part         part
	at           vec2
	axis, side   vec2 // its two half axes
	center, edge rgb
	dome         float32 // 0 is flat, 1 a half ball
	pit          float32 // darkness of its middle
	blur         float32 // as in petal
	see          float32 // opacity; 0 stands for 1
	dim          float32
	shadow       float32
	spread       float32
	frill        float32 // waves on the edge, as a share of the radius
	frills       float32 // how many
	phase        float32
	grain        float32 // contrast of a fine texture
}

// round is a disc without foreshortening.
func round(at vec2, radius float32) (d disc) {
	return disc{at: at, axis: vec2{radius, 0}, side: vec2{0, radius}, dim: 1}
}

// disc paints d.
func (c *canvas) disc(d *disc) {
	at := c.toSamples(d.at)
	axis, side := d.axis.times(c.scale), d.side.times(c.scale)
	det := axis.x*side.y - axis.y*side.x
	if abs(det) < 1e-3 {
		return
	}
	ax, ay := side.y/det, -side.x/det
	bx, by := -axis.y/det, axis.x/det
	soft := max(1, d.blur*c.scale)
	margin := max(soft/2+1, d.spread*c.scale)
	reach := vec2{sqrt(axis.x*axis.x+side.x*side.x)*(1+d.frill) + margin, sqrt(axis.y*axis.y+side.y*side.y)*(1+d.frill) + margin}
	see := d.see
	if see == 0 {
		see = 1
	}
	top, bottom := max(int(at.y-reach.y), 0), min(int(at.y+reach.y)+1, c.rows-1)
	left, right := max(int(at.x-reach.x), 0), min(int(at.x+reach.x)+1, c.columns-1)
	for y := top; y <= bottom; y++ {
		for x := left; x <= right; x++ {
			px, py := float32(x)-at.x, float32(y)-at.y
			a, b := ax*px+ay*py, bx*px+by*py
			r := sqrt(a*a + b*b)
			if r < 1e-6 {
				r = 1e-6
			}
			// The gradient of r turns a difference in r into samples.
			gx, gy := (a*ax+b*bx)/r, (a*ay+b*by)/r
			limitR := float32(1)
			if d.frill > 0 {
				limitR += d.frill * wave(d.frills*turn(a, b)+d.phase)
			}
			dist := (limitR - r) / sqrt(gx*gx+gy*gy)
			cover := limit(dist/soft + 0.5)
			i := y*c.columns + x
			if cover == 0 {
				if k := 1 + dist/margin; d.shadow > 0 && k > 0 {
					c.pix[i] = c.pix[i].times(1 - d.shadow*k*k*see)
				}
				continue
			}
			c.blend(i, d.surface(&c.light, a, b, min(r/limitR, 1)), cover*see)
			if c.marks != nil && cover > 0.9 {
				c.marks[i] = d.part
			}
		}
	}
}

func (d *disc) surface(l *light, a, b, r float32) rgb {
	col := d.center.mix(d.edge, r*r)
	if d.grain > 0 {
		col = col.times(1 + d.grain*wave(2.6*a+1.1*b+d.phase)*wave(2.9*b-0.7*a))
	}
	if d.pit > 0 {
		col = col.times(1 - d.pit*(1-smooth(0, 0.6, r)))
	}
	if d.dome > 0 {
		x, y := d.axis.times(a).add(d.side.times(b)), float32(1)
		size := sqrt(d.axis.length() * d.side.length())
		nx, ny := d.dome*x.x/size, d.dome*x.y/size
		y = sqrt(max(1-nx*nx-ny*ny, 0.05))
		col = col.times(l.lit(nx*l.from.x + ny*l.from.y + y*l.from.z))
	} else {
		col = col.times(l.lit(l.from.z))
	}
	return col.times(d.dim)
}

// turn is the angle of (a, b) in full turns, -0.5..0.5, to three digits.
func turn(a, b float32) float32 {
	x, y := abs(a), abs(b)
	q := min(x, y) / max(x, y, 1e-9)
	t := q * (0.125 + 0.04345*(1-q)) // atan(q)/2pi for q in 0..1
	if y > x {
		t = 0.25 - t
	}
	if a < 0 {
		t = 0.5 - t
	}
	if b < 0 {
		t = -t
	}
	return t
}
