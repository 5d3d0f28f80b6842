package synthetic

import "slices"

// Several flowers together.

func forgetMeNot(s *scene) {
	at, scale := s.place(0.72, 0.92)
	col, _ := s.tintOf(tint{[2]float32{204, 222}, [2]float32{0.45, 0.7}, [2]float32{0.86, 0.98}})
	f := s.f
	f.Arrangement, f.Petals, f.Shape = "cluster", 5, obovate.name
	f.Flowers = 4 + s.rng.IntN(4)
	f.Spin, f.Tilt = s.in(0, 360), s.in(10, 40)
	f.Disc, f.DiscColor = 0.2, hsv(s.in(46, 54), 0.9, 1)
	green := s.greenOf()
	for range 3 + s.rng.IntN(3) {
		axis := polar(s.in(0, 2*pi), scale*s.in(0.8, 1.3))
		s.leaf(leaf, at.add(axis.times(0.1)), axis, axis.across().times(s.in(-0.2, 0.2)), s.greenOf(), s.in(0.65, 0.95), 0)
	}
	s.stem(at, 0.04*scale, green)
	q := petals(col)
	q.base, q.throat, q.throatEnd, q.throatSoft = col.times(0.95), rgb{0.97, 0.97, 0.94}, 0.2, 0.1
	q.veins, q.veinDepth, q.shadow, q.spread, q.cup = 5, 0.08, 0.35, 0.05, 0.4
	// Flowers sit around a center, not on each other.
	first := s.in(0, 2*pi)
	var spots []vec2
	for i := range f.Flowers {
		if i == 0 && f.Flowers > 4 {
			spots = append(spots, polar(first, 0.1))
			continue
		}
		n := f.Flowers
		if f.Flowers > 4 {
			n--
		}
		spots = append(spots, polar(first+2*pi*(float32(i)+s.in(-0.2, 0.2))/float32(n), s.in(0.5, 0.66)))
	}
	for range 4 {
		b := round(at.add(polar(s.in(0, 2*pi), scale*s.in(0.55, 1))), scale*s.in(0.05, 0.09))
		b.part, b.dome, b.center, b.shadow, b.spread = partPetal, 0.9, col.mix(hsv(325, 0.5, 0.9), s.in(0, 0.6)), 0.3, 0.03
		b.edge = b.center.times(0.75)
		s.disc(&b)
	}
	slices.Reverse(spots) // the one in the middle is in front
	for _, spot := range spots {
		size := scale * s.in(0.34, 0.42)
		lean := s.in(0, 2*pi)
		p := facing(at.add(spot.times(scale)), size, s.in(0, 2*pi), f.Tilt*pi/180*s.in(0.3, 1.1), lean)
		s.ring(p, ring{count: 5, start: 0, radius: 0.06, length: 0.94, lift: 0.05, bend: -0.05, wobble: 0.12, shape: obovate, paint: q, part: partPetal, dim: s.in(0.92, 1.04)}, s.rng)
		eye := p.disc(0, 0, 0.04, f.Disc)
		eye.part, eye.center, eye.edge, eye.dome, eye.pit, eye.shadow, eye.spread = partDisc, f.DiscColor, f.DiscColor.times(0.9), 0.5, 0.45, 0.15, 0.02
		s.disc(&eye)
	}
	s.inFront(at, scale)
}

func cherryBlossom(s *scene) {
	at, scale := s.place(0.78, 0.95)
	col, _ := s.tintOf(tint{[2]float32{336, 350}, [2]float32{0.07, 0.28}, [2]float32{0.96, 1}})
	f := s.f
	f.Arrangement, f.Petals, f.Shape = "cluster", 5, heartTip.name
	f.Flowers = 2 + (1+s.rng.IntN(5))/2
	f.Spin, f.Tilt = s.in(0, 360), s.in(8, 38)
	f.DiscColor = hsv(s.in(335, 350), 0.75, 0.72)
	f.Disc = 0.14
	bark := hsv(s.in(8, 26), s.in(0.3, 0.5), s.in(0.2, 0.36))
	twig := s.in(-0.6, 0.6)
	if s.chance(0.4) {
		twig += pi / 2
	}
	dir := polar(twig, 1)
	wood := &paint{base: bark.times(0.9), tip: bark.times(1.1), middle: 0.5, cup: 0.9, veins: 9, veinDepth: 0.25, shadow: 0.2, spread: 0.04}
	off := dir.across().times(s.in(-0.25, 0.25))
	s.stalk(at.add(off).sub(dir.times(2)), at.add(off).add(dir.times(2)), dir.across().times(s.in(-0.3, 0.3)), strip, 0.075, wood, partGreen, 1, 0)
	for range 1 + s.rng.IntN(3) {
		start := at.add(off).add(dir.times(s.in(-0.7, 0.7)))
		axis := polar(s.in(0, 2*pi), scale*s.in(0.5, 0.8))
		s.leaf(leaf, start, axis, axis.across().times(s.in(-0.2, 0.2)), s.greenOf().mix(hsv(15, 0.6, 0.5), s.in(0, 0.5)), 0.95, 0)
	}
	q := petals(col)
	q.base, q.middle = hsv(342, 0.42, 0.95).mix(col, 0.5), 0.25
	q.veins, q.veinDepth, q.shadow, q.spread, q.cup = 7, 0.09, 0.33, 0.06, 0.35
	for range 2 + s.rng.IntN(2) {
		foot := at.add(off).add(dir.times(scale * s.in(-0.8, 0.8)))
		tip := foot.add(polar(s.in(0, 2*pi), scale*s.in(0.35, 0.6)))
		s.stalk(foot, tip, vec2{}, strip, 0.025, stemPaint(hsv(90, 0.5, 0.5)), partGreen, 1, 0)
		b := round(tip, scale*s.in(0.09, 0.13))
		b.part, b.dome, b.center, b.edge, b.shadow, b.spread = partPetal, 0.9, hsv(340, 0.5, 0.95), hsv(340, 0.62, 0.8), 0.3, 0.04
		s.disc(&b)
	}
	places := [][]vec2{{{-0.42, 0.3}, {0.42, -0.28}}, {{-0.45, 0.36}, {0.5, 0.22}, {-0.02, -0.46}}, {{-0.48, 0.45}, {0.5, 0.42}, {-0.42, -0.46}, {0.46, -0.42}}}[f.Flowers-2]
	turned := s.in(0, 2*pi)
	size := []float32{0.62, 0.54, 0.47}[f.Flowers-2]
	for _, spot := range places {
		spot = spot.turned(turned).times(scale)
		p := facing(at.add(spot), scale*size*s.in(0.92, 1.06), s.in(0, 2*pi), f.Tilt*pi/180*s.in(0.3, 1.1), s.in(0, 2*pi))
		s.ring(p, ring{count: 5, start: 0, radius: 0.08, length: 0.94, lift: 0.14, bend: 0.02, wobble: 0.14, shape: heartTip, paint: q, part: partPetal, dim: s.in(0.95, 1.03)}, s.rng)
		s.stamens(p, 14, 0.03, 0.42, 0.8, 0.045, rgb{0.98, 0.86, 0.9}, hsv(44, 0.8, 0.93))
		eye := p.disc(0, 0, 0.02, f.Disc)
		eye.part, eye.center, eye.edge, eye.see = partDisc, f.DiscColor, f.DiscColor.mix(col, 0.5), 0.85
		s.disc(&eye)
	}
	s.inFront(at, scale)
}

func allium(s *scene) {
	at, scale := s.place(0.66, 0.86)
	col, _ := s.tintOf(tint{[2]float32{286, 304}, [2]float32{0.42, 0.65}, [2]float32{0.68, 0.9}})
	f := s.f
	f.Arrangement, f.Petals, f.Shape = "umbel", 6, star.name
	f.Flowers = 46 + s.rng.IntN(20)
	f.Spin = s.in(0, 360)
	green := s.greenOf()
	s.stem(at, 0.06*scale/0.7, green)
	back, front := petals(col.times(0.65)), petals(col)
	for _, q := range []*paint{back, front} {
		q.veinDepth, q.cup, q.gloss = 0, 0.4, 0
		q.stripe, q.stripeWidth = q.tip.times(0.62), 0.3
		q.shadow, q.spread = 0.16, 0.03
	}
	ray := &paint{base: green.mix(col, 0.3), tip: green.mix(col, 0.5), middle: 0.5}
	total := 2 * f.Flowers
	turned := f.Spin * pi / 180
	for _, side := range []float32{-1, 1} {
		for i := range total {
			// A Fibonacci lattice on the ball, the half behind first.
			z := 1 - 2*(float32(i)+0.5)/float32(total)
			if z*side < 0 {
				continue
			}
			r := sqrt(1 - z*z)
			a := 2.39996*float32(i) + turned
			n := vec3{r * cos(a), r * sin(a), z}
			reach := scale * s.in(0.84, 0.95)
			spot := at.add(vec2{n.x, n.y}.times(reach))
			q, dim := front, 0.84+0.24*z
			if side < 0 {
				q, dim = back, 0.8
			} else {
				s.stalk(at.add(vec2{n.x, n.y}.times(0.3*reach)), spot, vec2{}, strip, 0.012*scale, ray, partGreen, 0.8, 0)
			}
			p := facing(spot, scale*s.in(0.15, 0.19), s.in(0, 2*pi), 0.9*r*side, a)
			s.ring(p, ring{count: 6, radius: 0.05, length: 0.95, lift: 0.1, wobble: 0.1, shape: star, paint: q, part: partPetal, dim: dim}, s.rng)
			d := p.ball(0, 0, 0.1, 0.2)
			d.part, d.center, d.edge, d.dim = partDisc, hsv(100, 0.35, 0.6), hsv(110, 0.4, 0.4), dim
			s.disc(&d)
		}
	}
	s.inFront(at, scale)
}
