package synthetic

// petal is the one brush: petals, leaves, stems and stamens are all a flat shape along a parabola.
type petal struct {
	shape *shape
	paint *paint
	part  part
	// The point at (u, v) is at + axis*u + bend*u*u + side*v; u runs from 0 at the base to 1 at the tip.
	at, axis, bend, side vec2
	// The surface in space, for the light: unit vectors along the petal, across it and out of it.
	along, across, normal vec3
	dim                   float32 // brightness beyond the light: what lies deep inside a flower is darker
	phase                 float32 // makes ragged edges and spots of different petals differ
	blur                  float32 // width of the edge in units of the scene; 0 is sharp
	see                   float32 // opacity; 0 stands for 1
}

// paint is what a petal's surface looks like.
type paint struct {
	base, tip   rgb
	middle      float32 // where base turns into tip
	throat      rgb     // a spot of another color at the base
	throatEnd   float32 // how far it reaches; 0 for none
	throatSoft  float32
	rim         rgb // the edge
	rimWidth    float32
	rimAmount   float32
	stripe      rgb // the midrib
	stripeWidth float32
	veins       float32 // number of veins from edge to edge
	veinDepth   float32 // how much darker they are
	spots       float32 // share of the surface under dark spots
	spot        rgb
	cup         float32 // how much the surface curves across: the edges look away from each other
	curl        float32 // how much the tip turns down, away from the viewer
	gloss       float32
	shadow      float32 // darkness of the shadow around it
	spread      float32 // width of that shadow in units of the scene
}

// draw paints the petal. Edges are antialiased by their distance in samples.
func (c *canvas) draw(p *petal) {
	at := c.toSamples(p.at)
	axis, bend, side := p.axis.times(c.scale), p.bend.times(c.scale), p.side.times(c.scale)
	det := axis.x*side.y - axis.y*side.x
	if abs(det) < 1e-3 {
		return // seen from its edge
	}
	// (u, v) as linear functions of the sample, before the bend is taken out.
	ux, uy := side.y/det, -side.x/det
	vx, vy := -axis.y/det, axis.x/det
	bu, bv := bend.x*ux+bend.y*uy, bend.x*vx+bend.y*vy
	bu = max(bu, -0.42)              // seen from a low angle it would fold over itself
	tall := abs(det) / side.length() // samples per unit of u and of v, measured across the other
	wide := abs(det) / axis.length()
	soft := max(1, p.blur*c.scale)
	margin := soft/2 + 1
	if p.paint.shadow > 0 {
		margin = max(margin, min(p.paint.spread*c.scale, 0.8*p.shape.most*wide))
	}
	mu, mv := margin/tall, margin/wide
	f := fill{c: c, p: p, tall: tall, wide: wide, soft: soft, margin: margin}
	f.prepare()
	uLow, uHigh := -mu+min(0, bu), 1+mu+max(0, bu)
	vLow, vHigh := -p.shape.most*1.15-mv+min(0, bv), p.shape.most*1.15+mv+max(0, bv)
	top, bottom := f.rowRange(at, axis, side, uLow, uHigh, vLow, vHigh)
	for y := top; y <= bottom; y++ {
		py := float32(y) - at.y
		left, right := float32(0), float32(c.columns-1)
		left, right = narrow(left, right, ux, uy*py-ux*at.x, uLow, uHigh)
		left, right = narrow(left, right, vx, vy*py-vx*at.x, vLow, vHigh)
		for x := int(left); x <= int(right); x++ {
			px := float32(x) - at.x
			u0, v0 := ux*px+uy*py, vx*px+vy*py
			u, v := u0, v0
			if bu != 0 || bv != 0 {
				u = 2 * u0 / (1 + sqrt(max(1+4*bu*u0, 0))) // the root of u + bu*u*u = u0
				v = v0 - bv*u*u
			}
			f.sample(y*c.columns+x, u, v)
		}
	}
}

// narrow cuts an interval of x to where low <= a*x + b <= high.
func narrow(left, right, a, b, low, high float32) (float32, float32) {
	if abs(a) < 1e-9 {
		if b < low || b > high {
			return 1, 0
		}
		return left, right
	}
	x0, x1 := (low-b)/a, (high-b)/a
	return max(left, min(x0, x1)), min(right, max(x0, x1))
}

// tipFrom is where along a petal its tip begins.
const tipFrom = 0.97

// fill is the work on one petal's samples.
type fill struct {
	c                          *canvas
	p                          *petal
	tall, wide, soft, margin   float32
	see                        float32
	shade, acrossLit, alongLit float32
}

// prepare works out what is the same for all samples.
func (f *fill) prepare() {
	from := f.c.light.from
	f.shade, f.acrossLit, f.alongLit = f.p.normal.dot(from), f.p.across.dot(from), f.p.along.dot(from)
	f.see = 1
	if f.p.see > 0 {
		f.see = f.p.see
	}
}

// rowRange is the rows that the parallelogram of u and v touches.
func (f *fill) rowRange(at, axis, side vec2, uLow, uHigh, vLow, vHigh float32) (top, bottom int) {
	lo, hi := at.y, at.y
	lo += min(axis.y*uLow, axis.y*uHigh) + min(side.y*vLow, side.y*vHigh)
	hi += max(axis.y*uLow, axis.y*uHigh) + max(side.y*vLow, side.y*vHigh)
	return max(int(lo), 0), min(int(hi)+1, f.c.rows-1)
}

// sample paints one sample: its shadow if it is outside, the surface if it is inside.
func (f *fill) sample(i int, u, v float32) {
	p := f.p
	uIn := limit(u)
	half, slope := p.shape.at(least(uIn, tipFrom))
	beside := float32(0)
	if uIn > tipFrom {
		// A round tip ends at right angles to the axis; distances from beside it are measured to where it begins.
		if abs(v) < half && u <= 1 {
			half, slope = p.shape.at(uIn)
		} else {
			beside = (u - tipFrom) * f.tall
			uIn = tipFrom
		}
	}
	// Distance to the edge in samples, positive inside.
	gx, gy := slope/f.tall, 1/f.wide
	steep := sqrt(gx*gx + gy*gy)
	d := least((half-abs(v))/steep-beside, u*f.tall)
	if d < -f.margin {
		return
	}
	d = least(d, (p.shape.end(v)-u)*f.tall)
	if p.shape.ragged > 0 && d > -f.margin {
		half *= 1 + p.shape.ragged*(wave(3.3*u+p.phase)+0.7*wave(7.1*u+2*p.phase)-0.8)
		end := 1 - p.shape.ragged*(1+wave(2.2*v/p.shape.most+p.phase)+0.6*wave(5*v/p.shape.most+2*p.phase))
		d = least(d, least((half-abs(v))/steep, (end-u)*f.tall))
	}
	cover := limit(d/f.soft + 0.5)
	if cover == 0 {
		if p.paint.shadow == 0 {
			return
		}
		// Where the outline bends away, the first estimate is far too near: measure the rest from the foot point.
		k := -d / steep
		half, slope = p.shape.at(limit(uIn + k*gx/f.tall))
		gx = slope / f.tall
		d += least((half-abs(v)+k*gy/f.wide)/sqrt(gx*gx+gy*gy), 0)
		if reach := 1 + d/f.margin; reach > 0 {
			f.c.pix[i] = f.c.pix[i].times(1 - p.paint.shadow*reach*reach*f.see)
		}
		return
	}
	t := float32(1)
	if a := abs(v); a < half {
		t = a / half
	}
	if v < 0 {
		t = -t
	}
	f.c.blend(i, f.surface(uIn, v, t), cover*f.see)
	if f.c.marks != nil && cover > 0.9 {
		f.c.marks[i] = p.part
	}
}

// surface is the lit color at u along and v across; t is v in half widths, -1..1.
func (f *fill) surface(u, v, t float32) rgb {
	q := f.p.paint
	edge := abs(t)
	col := q.base.mix(q.tip, smooth(q.middle-0.35, q.middle+0.35, u))
	if q.rimAmount > 0 {
		col = col.mix(q.rim, q.rimAmount*max(smooth(1-q.rimWidth, 1, edge), smooth(1-q.rimWidth/2, 1, u)))
	}
	if q.veinDepth > 0 {
		line := 0.5 + 0.5*wave(q.veins*t*(0.55+0.45*u)/2+0.04*wave(2*u+f.p.phase))
		line *= line
		col = col.times(1 - q.veinDepth*line*line*(1-0.6*u))
	}
	if q.stripeWidth > 0 {
		col = col.mix(q.stripe, (1-smooth(0, q.stripeWidth, edge))*(1-0.8*u))
	}
	if q.throatEnd > 0 {
		end := q.throatEnd * (1 - 0.35*edge*edge + 0.08*wave(4*t))
		col = col.mix(q.throat, 1-smooth(end-q.throatSoft, end+q.throatSoft, u))
	}
	if q.spots > 0 && u < 0.7 && u > 0.12 {
		col = col.mix(q.spot, f.spotted(u, v))
	}
	// The normal leans to the sides with t and toward the base or tip with u.
	cosine := (f.shade + q.cup*t*f.acrossLit + q.curl*(u-0.4)*f.alongLit) / sqrt(1+q.cup*q.cup*t*t+q.curl*q.curl*(u-0.4)*(u-0.4))
	bright := f.c.light.lit(cosine) * f.p.dim
	if q.gloss > 0 {
		shine := max(cosine-0.55, 0) / 0.45
		shine *= shine
		return col.times(bright).mix(rgb{1, 1, 0.95}, q.gloss*shine*shine)
	}
	return col.times(bright)
}

// spotted is the darkness of a lily's freckles: one dot in each cell of a lattice that is not too near its border.
func (f *fill) spotted(u, v float32) float32 {
	const cells = 9
	x, y := u*cells, v*cells*1.6+100
	i, j := int(x), int(y)
	h := uint32(i)*0x9e3779b1 ^ uint32(j)*0x85ebca77 ^ uint32(f.p.phase*4096)*0xc2b2ae3d
	h ^= h >> 15
	h *= 0x2c1b3c6d
	h ^= h >> 13
	if float32(h&255)/256 > f.p.paint.spots {
		return 0
	}
	dx := x - float32(i) - 0.3 - 0.4*float32(h>>8&255)/255
	dy := y - float32(j) - 0.3 - 0.4*float32(h>>16&255)/255
	return 1 - smooth(0.14, 0.3, sqrt(dx*dx+dy*dy))
}
