package synthetic

// The shapes of green parts.
var (
	blade = outline{name: "blade", width: 0.04, base: 0.8, peak: 0.3, swell: 1, blunt: 1.4, point: 0.9}.shape()
	strip = outline{name: "strip", width: 0.05, base: 1, peak: 0.98, swell: 1, blunt: 2, point: 0.5}.shape()
	leaf  = outline{name: "leaf", width: 0.24, base: 0.1, peak: 0.4, swell: 0.9, blunt: 1.5, point: 0.95}.shape()
	broad = outline{name: "broad leaf", width: 0.36, base: 0.15, peak: 0.38, swell: 0.8, blunt: 1.7, point: 0.85}.shape()
	lance = outline{name: "lance leaf", width: 0.10, base: 0.5, peak: 0.3, swell: 0.9, blunt: 1.3, point: 0.95}.shape()
)

// greenOf is a leaf color.
func (s *scene) greenOf() rgb { return hsv(s.in(85, 135), s.in(0.45, 0.7), s.in(0.34, 0.58)) }

// leafPaint has a lighter midrib and side veins.
func leafPaint(col rgb) *paint {
	return &paint{base: col.times(0.85), tip: col.times(1.08), middle: 0.5, stripe: col.mix(rgb{0.85, 0.92, 0.6}, 0.45),
		stripeWidth: 0.22, veins: 7, veinDepth: 0.12, cup: 0.5, curl: 0.5, shadow: 0.18, spread: 0.05, gloss: 0.12}
}

// stemPaint makes a round stalk.
func stemPaint(col rgb) *paint {
	return &paint{base: col.times(0.9), tip: col, middle: 0.5, cup: 0.8, shadow: 0.12, spread: 0.03}
}

// leaf paints one leaf from its base.
func (s *scene) leaf(shape *shape, at, axis vec2, bend vec2, col rgb, dim, blur float32) {
	length := axis.length()
	s.draw(&petal{shape: shape, paint: leafPaint(col), part: partGreen, at: at, axis: axis, bend: bend, side: axis.across(),
		along:  vec3{axis.x / length, axis.y / length, 0},
		across: vec3{-axis.y / length, axis.x / length, 0},
		normal: vec3{0, 0, 1}, dim: dim, phase: s.rng.Float32(), blur: blur})
}

// behind strews a few leaves and buds out of focus between backdrop and flower.
func (s *scene) behind() {
	for range s.rng.IntN(5) {
		angle := s.in(0, 2*pi)
		at := polar(angle, s.in(0.5, 1.2))
		axis := polar(s.in(0, 2*pi), s.in(0.4, 0.9))
		shape := leaf
		if s.chance(0.4) {
			shape = broad
		}
		s.leaf(shape, at, axis, axis.across().times(s.in(-0.3, 0.3)), s.greenOf(), s.in(0.6, 1), s.in(0.02, 0.12))
	}
}

// stem paints the stalk from below the picture to a flower, behind it.
func (s *scene) stem(to vec2, width float32, col rgb) {
	from := vec2{to.x*0.6 + s.in(-0.4, 0.4), 1.4}
	s.stalk(from, to, vec2{s.in(-0.3, 0.3), 0}, strip, width, stemPaint(col), partGreen, 0.9, 0)
}

// collar paints leaves that look out from under a flower.
func (s *scene) collar(p pose, count int, reach float32, shape *shape) {
	for range count {
		angle := s.in(0, 2*pi)
		axis := polar(angle, p.scale*reach*s.in(0.8, 1.15))
		s.leaf(shape, p.at.add(axis.times(0.2)), axis, axis.across().times(s.in(-0.25, 0.25)), s.greenOf(), s.in(0.7, 1), 0)
	}
}

// inFront lets a leaf or a blade of grass hang over the flower's outer part, sometimes.
func (s *scene) inFront(p vec2, scale float32) {
	if !s.chance(0.25) {
		return
	}
	s.f.Occluded = true
	side := s.in(0, 2*pi)
	edge := p.add(polar(side, scale*s.in(0.65, 0.95)))
	if s.chance(0.5) {
		from := p.add(polar(side+s.in(0.4, 0.9), 1.9))
		axis := edge.sub(from).times(1.15)
		s.stalk(from, from.add(axis), axis.across().times(s.in(-0.15, 0.15)), blade, s.in(0.03, 0.06), leafPaint(s.greenOf()), partGreen, 1, s.in(0, 0.05))
		return
	}
	axis := polar(side+pi+s.in(-0.9, 0.9), scale*s.in(0.6, 0.8))
	s.leaf(leaf, edge.add(polar(side, scale*0.5)), axis, axis.across().times(s.in(-0.2, 0.2)), s.greenOf(), 1, s.in(0, 0.04))
}
