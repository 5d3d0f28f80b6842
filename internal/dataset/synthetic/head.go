package synthetic

import "math/rand/v2"

// pose puts a flower into the scene: a flower is built around (0,0,0), with its petals in the x-y plane and z out of
// its face, about 1 in radius.
type pose struct {
	at      vec2
	scale   float32
	x, y, z vec3 // where the flower's axes point; z of the scene is toward the viewer
}

// facing is a flower turned by spin about its own axis, whose face then leans by tilt toward the direction lean.
// All are in radians; tilt 0 looks at the viewer.
func facing(at vec2, scale, spin, tilt, lean float32) pose {
	// Rodrigues: turn about the axis in the picture plane that is perpendicular to the lean.
	ax := vec3{-sin(lean), cos(lean), 0}
	s, c := sin(tilt), cos(tilt)
	rotate := func(v vec3) vec3 {
		return v.times(c).add(ax.cross(v).times(s)).add(ax.times(ax.dot(v) * (1 - c)))
	}
	return pose{at: at, scale: scale,
		x: rotate(vec3{cos(spin), sin(spin), 0}),
		y: rotate(vec3{-sin(spin), cos(spin), 0}),
		z: rotate(vec3{0, 0, 1})}
}

// turn takes a direction of the flower to the scene.
func (p pose) turn(v vec3) vec3 { return p.x.times(v.x).add(p.y.times(v.y)).add(p.z.times(v.z)) }

// flat takes a direction of the flower to the picture, in units of the scene.
func (p pose) flat(v vec3) vec2 {
	t := p.turn(v)
	return vec2{t.x * p.scale, t.y * p.scale}
}

// point takes a point of the flower to the picture.
func (p pose) point(v vec3) vec2 { return p.at.add(p.flat(v)) }

// ring is a whorl of equal petals.
type ring struct {
	count  int
	start  float32 // angle of the first, radians
	radius float32 // of the circle on which they stand
	height float32 // above the flower's plane
	length float32
	lift   float32 // radians above the flower's plane, toward the viewer
	bend   float32 // how far the tip bends out of the petal's plane, in lengths
	wobble float32 // irregularity in angle (share of the spacing) and length
	shape  *shape
	paint  *paint
	part   part
	dim    float32
	weave  bool // paint every second petal first, so that they overlap alternately
}

// ring paints a whorl.
func (c *canvas) ring(p pose, r ring, rng *rand.Rand) {
	list := make([]petal, r.count)
	for i := range list {
		angle := r.start + 2*pi*(float32(i)+r.wobble*(rng.Float32()-0.5))/float32(r.count)
		length := r.length * (1 + 0.5*r.wobble*(rng.Float32()-0.5))
		sway := r.wobble * 0.25 * (rng.Float32() - 0.5)
		list[i] = p.petal(angle, r.radius, r.height, length, r.lift+0.3*r.wobble*(rng.Float32()-0.5), r.bend, sway)
		q := &list[i]
		q.shape, q.paint, q.part, q.dim, q.phase = r.shape, r.paint, r.part, r.dim, rng.Float32()
		q.dim *= 1 + 0.12*r.wobble*(rng.Float32()-0.5)
	}
	if r.weave {
		for i := 0; i < r.count; i += 2 {
			c.draw(&list[i])
		}
		for i := 1; i < r.count; i += 2 {
			c.draw(&list[i])
		}
		return
	}
	for i := range list {
		c.draw(&list[i])
	}
}

// petal is the geometry of one petal that points away from the flower's axis.
func (p pose) petal(angle, radius, height, length, lift, bend, sway float32) petal {
	ca, sa, cl, sl := cos(angle), sin(angle), cos(lift), sin(lift)
	d := vec3{ca * cl, sa * cl, sl}
	s := vec3{-sa, ca, 0}
	n := vec3{-ca * sl, -sa * sl, cl}
	return petal{
		at:     p.point(vec3{radius * ca, radius * sa, height}),
		axis:   p.flat(d.times(length)),
		side:   p.flat(s.times(length)),
		bend:   p.flat(n.times(bend * length).add(s.times(sway * length))),
		along:  p.turn(d),
		across: p.turn(s),
		normal: p.turn(n),
		dim:    1,
	}
}

// disc is a disc in the flower's plane.
func (p pose) disc(x, y, height, radius float32) disc {
	return disc{at: p.point(vec3{x, y, height}), axis: p.flat(vec3{radius, 0, 0}), side: p.flat(vec3{0, radius, 0}), dim: 1}
}

// ball is a disc that looks round from everywhere.
func (p pose) ball(x, y, height, radius float32) disc {
	d := round(p.point(vec3{x, y, height}), radius*p.scale)
	d.dome = 0.9
	return d
}

// stalk paints a line of even or tapering width along a parabola: a stem, a stamen, a blade of grass.
func (c *canvas) stalk(from, to, bend vec2, s *shape, width float32, q *paint, part part, dim, blur float32) {
	axis := to.sub(from).sub(bend)
	length := axis.length()
	if length < 1e-4 {
		return
	}
	side := axis.across().times(width / (length * s.most))
	c.draw(&petal{shape: s, paint: q, part: part, at: from, axis: axis, bend: bend, side: side,
		along:  vec3{axis.x / length, axis.y / length, 0},
		across: vec3{-axis.y / length, axis.x / length, 0},
		normal: vec3{0, 0, 1}, dim: dim, blur: blur})
}
