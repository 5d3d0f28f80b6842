package synthetic

// Flowers of the daisy family: many rays around a disc.

var (
	strap  = outline{name: "strap", width: 0.15, base: 0.55, peak: 0.62, swell: 0.9, blunt: 2.6, point: 0.5}.shape()
	flame  = outline{name: "pointed ray", width: 0.17, base: 0.55, peak: 0.45, swell: 0.9, blunt: 1.7, point: 0.85}.shape()
	thread = outline{name: "toothed thread", width: 0.1, base: 0.6, peak: 0.8, swell: 1, blunt: 5, point: 0.5, teeth: 0.07, count: 3}.shape()
	fan    = outline{name: "toothed fan", width: 0.34, base: 0.22, peak: 0.72, swell: 0.95, blunt: 3, point: 0.5, teeth: 0.09, count: 3}.shape()
)

func daisy(s *scene) {
	p := s.face(0.62, 0.86, 48)
	n := []int{13, 16, 18, 21}[s.rng.IntN(4)]
	s.single(n, strap)
	col, _ := s.tintOf(white)
	q := petals(col)
	q.base, q.veins, q.veinDepth = col.mix(rgb{0.80, 0.84, 0.74}, 0.55), 3, 0.1
	if s.chance(0.3) {
		q.rim, q.rimAmount = rgb{0.96, 0.62, 0.76}, 0.5
	}
	s.f.Disc = s.in(0.26, 0.32)
	s.f.DiscColor = hsv(s.in(44, 52), s.in(0.85, 1), s.in(0.9, 1))
	s.stem(p.at, 0.05*p.scale/0.7, s.greenOf())
	s.collar(p, s.rng.IntN(3), 1.1, lance)
	start := s.in(0, 1)
	s.ring(p, ring{count: n, start: start, radius: 0.2, length: 0.8, lift: -0.06, bend: -0.06, wobble: 0.35, shape: strap, paint: q, part: partPetal, dim: 0.97, weave: true}, s.rng)
	s.heart(p, 0.03, s.f.Disc, s.f.DiscColor, s.f.DiscColor.filter(rgb{0.96, 0.78, 0.5}), 40, 0.17)
	s.inFront(p.at, p.scale)
}

func sunflower(s *scene) {
	p := s.face(0.68, 0.92, 42)
	n := []int{21, 26, 34}[s.rng.IntN(3)]
	s.single(n, flame)
	col, _ := s.tintOf(tint{[2]float32{41, 50}, [2]float32{0.85, 1}, [2]float32{0.93, 1}})
	q := petals(col)
	q.base, q.middle, q.veins, q.veinDepth = hsv(s.in(28, 36), 0.95, 0.88), 0.3, 3, 0.16
	s.f.Disc = s.in(0.42, 0.5)
	s.f.DiscColor = hsv(s.in(18, 30), s.in(0.55, 0.75), s.in(0.22, 0.36))
	s.stem(p.at, 0.09*p.scale/0.7, s.greenOf())
	s.collar(p, 1+s.rng.IntN(3), 1.25, broad)
	back := n / 2
	start := s.in(0, 1)
	s.ring(p, ring{count: back, start: start, radius: 0.36, length: 0.66, lift: -0.1, bend: -0.05, wobble: 0.5, shape: flame, paint: q, part: partPetal, dim: 0.84, weave: true}, s.rng)
	s.ring(p, ring{count: n - back, start: start + pi/float32(back), radius: 0.36, length: 0.6, lift: 0.1, bend: -0.12, wobble: 0.5, shape: flame, paint: q, part: partPetal, dim: 1, weave: true}, s.rng)
	s.heart(p, 0.03, s.f.Disc, s.f.DiscColor.times(0.9), s.f.DiscColor.mix(hsv(36, 0.85, 0.8), 0.5), 110, 0.1)
	pit := p.disc(0, 0, 0.12, s.f.Disc*0.5)
	pit.part, pit.center, pit.edge, pit.blur, pit.see = partDisc, hsv(70, 0.5, 0.34), s.f.DiscColor, 0.2*p.scale, 0.55
	s.disc(&pit)
	s.inFront(p.at, p.scale)
}

func dandelion(s *scene) {
	p := s.face(0.58, 0.82, 50)
	s.single(89, thread)
	col, _ := s.tintOf(tint{[2]float32{50, 57}, [2]float32{0.88, 1}, [2]float32{0.94, 1}})
	q := petals(col)
	q.base, q.veinDepth, q.rimAmount, q.shadow, q.spread, q.cup = hsv(s.in(44, 49), 1, 0.9), 0, 0, 0.2, 0.03, 0.6
	s.stem(p.at, 0.06*p.scale/0.7, s.greenOf().mix(rgb{0.55, 0.42, 0.3}, 0.3))
	s.collar(p, 1+s.rng.IntN(3), 1.15, lance)
	for i, layer := range []struct {
		count        int
		length, lift float32
		dim          float32
	}{{34, 0.98, -0.05, 0.84}, {34, 0.8, 0.25, 0.93}, {21, 0.56, 0.6, 1}} {
		s.ring(p, ring{count: layer.count, start: float32(i), radius: 0.03, height: 0.02 * float32(i), length: layer.length, lift: layer.lift, bend: -0.1,
			wobble: 0.5, shape: thread, paint: q, part: partPetal, dim: layer.dim, weave: true}, s.rng)
	}
	// The innermost florets are still closed.
	for i := range 16 {
		angle, r := float32(i)*2.4, 0.17*sqrt((float32(i)+0.5)/16)
		d := p.ball(r*cos(angle), r*sin(angle), 0.3, 0.045)
		d.part, d.center, d.edge, d.shadow, d.spread = partPetal, q.base.times(1.02), q.base.times(0.72), 0.15, 0.02
		s.disc(&d)
	}
	s.inFront(p.at, p.scale)
}

func cosmos(s *scene) {
	p := s.face(0.66, 0.88, 48)
	s.single(8, fan)
	col, t := s.tintOf(tint{[2]float32{315, 332}, [2]float32{0.45, 0.8}, [2]float32{0.82, 0.97}},
		tint{[2]float32{322, 338}, [2]float32{0.25, 0.45}, [2]float32{0.94, 1}}, white)
	q := petals(col)
	q.veins, q.veinDepth, q.cup = 9, 0.2, 0.3
	if t == white {
		q.base = rgb{0.86, 0.88, 0.82}
	} else {
		q.base = hsv(320, 0.8, 0.62).mix(col, 0.4)
		q.middle = 0.25
	}
	s.f.Disc = s.in(0.18, 0.23)
	s.f.DiscColor = hsv(s.in(42, 52), 0.95, s.in(0.88, 1))
	s.stem(p.at, 0.035*p.scale/0.7, s.greenOf())
	s.ring(p, ring{count: 8, start: s.in(0, 1), radius: 0.1, length: 0.9, lift: 0.02, bend: -0.08, wobble: 0.14, shape: fan, paint: q, part: partPetal, dim: 1, weave: s.chance(0.5)}, s.rng)
	s.heart(p, 0.03, s.f.Disc, s.f.DiscColor, s.f.DiscColor.filter(rgb{0.8, 0.55, 0.3}), 30, 0.2)
	s.inFront(p.at, p.scale)
}
