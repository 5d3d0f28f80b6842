package synthetic

var (
	wide   = outline{name: "wide round", width: 0.62, base: 0.55, peak: 0.5, swell: 0.7, blunt: 2.4, point: 0.5}.shape()
	velvet = outline{name: "velvet round", width: 0.56, base: 0.3, peak: 0.55, swell: 0.7, blunt: 2.2, point: 0.5}.shape()
)

// rose is whorls of wide petals, the inner ones ever smaller, steeper and darker in their depth.
func rose(s *scene) {
	p := s.face(0.6, 0.84, 38)
	col, _ := s.tintOf(red, red, tint{[2]float32{338, 352}, [2]float32{0.45, 0.65}, [2]float32{0.94, 1}}, tint{[2]float32{44, 52}, [2]float32{0.45, 0.75}, [2]float32{0.95, 1}}, white,
		tint{[2]float32{14, 28}, [2]float32{0.4, 0.6}, [2]float32{0.95, 1}})
	s.single(23, wide)
	green := s.greenOf()
	s.stem(p.at, 0.06*p.scale/0.7, green)
	s.collar(p, 1+s.rng.IntN(4), 1.35, broad)
	start := s.in(0, 2*pi)
	for i, whorl := range []struct {
		count                int
		length, radius, lift float32
	}{{5, 0.82, 0.16, 0.05}, {5, 0.68, 0.14, 0.35}, {5, 0.5, 0.12, 0.55}, {4, 0.36, 0.09, 0.75}, {4, 0.24, 0.05, 0.9}} {
		q := petals(col)
		deep := 1 - 0.1*float32(i)
		q.base, q.tip, q.middle = col.filter(col).filter(col).times(0.8*deep), col.times(deep), 0.42 // light that bounced between petals is more saturated
		q.rim, q.rimWidth, q.rimAmount = col.mix(rgb{1, 0.97, 0.95}, 0.42), 0.3, 0.65
		q.veinDepth, q.shadow, q.spread, q.cup, q.curl = 0.05, 0.36, 0.09*p.scale*(1-0.1*float32(i))/0.7, 0.35, 0.5
		s.ring(p, ring{count: whorl.count, start: start + 0.7*float32(i), radius: whorl.radius * 0.6, height: 0.05 * float32(i), length: whorl.length, lift: whorl.lift,
			bend: -0.12, wobble: 0.25, shape: wide, paint: q, part: partPetal, dim: 1.12}, s.rng)
	}
	eye := p.disc(0, 0, 0.3, 0.07)
	eye.part, eye.center, eye.edge, eye.see, eye.blur = partPetal, col.filter(col).times(0.5), col.times(0.6), 0.8, 0.04
	s.disc(&eye)
	s.inFront(p.at, p.scale)
}

// pansy is a face: two petals behind, one at each side, a broad one below, the three in front with dark blotches.
func pansy(s *scene) {
	p := s.face(0.66, 0.88, 36)
	// A pansy's face is the right way up, more or less.
	s.f.Spin = s.in(-35, 35)
	p = facing(p.at, p.scale, s.f.Spin*pi/180, s.f.Tilt*pi/180, s.f.Lean*pi/180)
	s.single(5, velvet)
	choices := []tint{purple, {[2]float32{236, 258}, [2]float32{0.6, 0.8}, [2]float32{0.55, 0.8}}, yellow,
		{[2]float32{335, 350}, [2]float32{0.6, 0.8}, [2]float32{0.45, 0.65}}, {[2]float32{22, 34}, [2]float32{0.85, 0.95}, [2]float32{0.9, 1}}}
	backCol, _ := s.tintOf(choices...)
	col := backCol
	if s.chance(0.45) {
		t := choices[s.rng.IntN(len(choices))]
		backCol = hsv(s.in(t.hue[0], t.hue[1]), s.in(t.saturation[0], t.saturation[1]), s.in(t.value[0], t.value[1]))
	}
	back := petals(backCol)
	back.base, back.veinDepth, back.shadow, back.spread = backCol.times(0.75), 0.08, 0.35, 0.06
	front := petals(col)
	front.base, front.veins, front.veinDepth, front.shadow, front.spread = col.times(0.85), 9, 0.15, 0.35, 0.06
	front.throat, front.throatEnd, front.throatSoft = hsv(s.in(275, 320), 0.7, 0.14), s.in(0.42, 0.56), 0.07
	s.collar(p, 1+s.rng.IntN(3), 1.15, leaf)
	s.stem(p.at, 0.045*p.scale/0.7, s.greenOf())
	place := func(degrees, length, width float32, q *paint) {
		one := p.petal(degrees*pi/180+s.in(-0.06, 0.06), 0.06, 0, length*s.in(0.96, 1.04), 0.05, 0.03, s.in(-0.03, 0.03))
		one.shape, one.paint, one.part, one.phase = velvet, q, partPetal, s.rng.Float32()
		one.side = one.side.times(width)
		s.draw(&one)
	}
	place(-118, 0.9, 1.02, back)
	place(-62, 0.9, 1.02, back)
	place(168, 0.84, 0.95, front)
	place(12, 0.84, 0.95, front)
	place(90, 0.86, 1.3, front)
	s.f.Disc, s.f.DiscColor = 0.12, hsv(s.in(46, 54), 0.95, 1)
	eye := p.disc(0, 0.05, 0.03, s.f.Disc)
	eye.part, eye.center, eye.edge, eye.side = partDisc, s.f.DiscColor, s.f.DiscColor.times(0.9), eye.side.times(1.2)
	s.disc(&eye)
	brow := rgb{0.97, 0.96, 0.9}
	for _, side := range []float32{-1, 1} {
		d := p.disc(side*0.09, 0, 0.04, 0.055)
		d.part, d.center, d.edge = partDisc, brow, brow.times(0.9)
		s.disc(&d)
	}
	s.inFront(p.at, p.scale)
}
