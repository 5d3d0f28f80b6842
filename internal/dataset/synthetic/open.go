package synthetic

// Open flowers with few broad petals.

var (
	obovate  = outline{name: "round", width: 0.47, base: 0.2, peak: 0.62, swell: 0.8, blunt: 2.2, point: 0.5}.shape()
	heartTip = outline{name: "heart-notched", width: 0.42, base: 0.16, peak: 0.66, swell: 0.85, blunt: 2.8, point: 0.5, notch: 0.2, gap: 0.09}.shape()
	crinkled = outline{name: "crinkled", width: 0.84, base: 0.16, peak: 0.44, swell: 0.7, blunt: 2.1, point: 0.5, ragged: 0.03}.shape()
	ovate    = outline{name: "ovate", width: 0.38, base: 0.3, peak: 0.42, swell: 0.8, blunt: 1.7, point: 0.8}.shape()
	recurved = outline{name: "recurved", width: 0.25, base: 0.35, peak: 0.45, swell: 0.9, blunt: 1.6, point: 0.85}.shape()
	tepal    = outline{name: "pointed", width: 0.34, base: 0.4, peak: 0.45, swell: 0.8, blunt: 2, point: 0.62}.shape()
	sepal    = outline{name: "sepal", width: 0.16, base: 0.6, peak: 0.35, swell: 0.9, blunt: 1.6, point: 0.9}.shape()
)

func buttercup(s *scene) {
	p := s.face(0.5, 0.78, 52)
	s.single(5, obovate)
	col, _ := s.tintOf(tint{[2]float32{51, 57}, [2]float32{0.9, 1}, [2]float32{0.93, 1}})
	q := petals(col)
	q.base, q.gloss, q.veins, q.veinDepth, q.cup, q.curl = hsv(47, 1, 0.84), 0.55, 9, 0.1, 0.45, -0.9
	q.rim, q.rimAmount = col.mix(rgb{1, 1, 0.7}, 0.5), 0.5
	s.f.Disc = s.in(0.2, 0.25)
	s.f.DiscColor = hsv(s.in(62, 75), 0.85, s.in(0.66, 0.8))
	s.stem(p.at, 0.045*p.scale/0.6, s.greenOf())
	s.collar(p, s.rng.IntN(3), 1.3, lance)
	s.ring(p, ring{count: 5, start: s.in(0, 1), radius: 0.1, length: 0.92, lift: 0.28, bend: 0.1, wobble: 0.12, shape: obovate, paint: q, part: partPetal, dim: 1}, s.rng)
	s.stamens(p, 16, 0.12, 0.24, 0.7, 0.045, hsv(56, 0.9, 0.95), hsv(48, 0.95, 0.9))
	s.heart(p, 0.08, s.f.Disc*0.72, s.f.DiscColor, s.f.DiscColor.times(0.85), 14, 0.3)
	s.inFront(p.at, p.scale)
}

func poppy(s *scene) {
	p := s.face(0.62, 0.86, 45)
	s.single(4, crinkled)
	col, _ := s.tintOf(tint{[2]float32{352, 372}, [2]float32{0.86, 0.97}, [2]float32{0.82, 0.96}})
	q := petals(col)
	q.base, q.veins, q.veinDepth, q.cup, q.curl, q.shadow, q.spread = col.times(0.72), 17, 0.13, 0.25, -0.5, 0.4, 0.09
	q.rim, q.rimAmount = col.mix(rgb{1, 0.75, 0.55}, 0.35), 0.45
	q.throat, q.throatEnd, q.throatSoft = rgb{0.09, 0.05, 0.08}, s.in(0.22, 0.36), 0.08
	s.f.Disc = s.in(0.17, 0.22)
	s.f.DiscColor = hsv(s.in(75, 100), 0.4, s.in(0.45, 0.6))
	s.stem(p.at, 0.04*p.scale/0.7, s.greenOf())
	start := s.in(0, 1)
	s.ring(p, ring{count: 2, start: start, radius: 0.04, length: 0.98, lift: 0.05, bend: 0.1, wobble: 0.1, shape: crinkled, paint: q, part: partPetal, dim: 0.9}, s.rng)
	s.ring(p, ring{count: 2, start: start + pi/2, radius: 0.04, length: 0.88, lift: 0.2, bend: 0.14, wobble: 0.1, shape: crinkled, paint: q, part: partPetal, dim: 1}, s.rng)
	dark := rgb{0.13, 0.08, 0.13}
	s.stamens(p, 26, 0.14, 0.17, 0.5, 0.038, dark, dark.times(1.3))
	cap := p.disc(0, 0, 0.12, s.f.Disc)
	cap.part, cap.center, cap.edge, cap.dome, cap.shadow, cap.spread = partDisc, s.f.DiscColor.times(1.2), s.f.DiscColor.times(0.7), 0.8, 0.4, 0.04
	s.disc(&cap)
	q2 := &paint{base: rgb{0.2, 0.18, 0.16}, tip: rgb{0.24, 0.2, 0.18}, middle: 0.5}
	for i := range 9 {
		a := 2 * pi * float32(i) / 9
		s.stalk(p.point(vec3{0, 0, 0.2}), p.point(vec3{s.f.Disc * 0.85 * cos(a), s.f.Disc * 0.85 * sin(a), 0.14}), vec2{}, strip, 0.018*p.scale, q2, partDisc, 1, 0)
	}
	s.inFront(p.at, p.scale)
}

func trillium(s *scene) {
	p := s.face(0.6, 0.82, 45)
	s.single(3, ovate)
	col, t := s.tintOf(white, white, tint{[2]float32{322, 340}, [2]float32{0.15, 0.4}, [2]float32{0.9, 1}})
	q := petals(col)
	q.veins, q.veinDepth, q.cup, q.stripe, q.stripeWidth = 9, 0.16, 0.5, col.times(0.82), 0.12
	if t == white {
		q.base = rgb{0.84, 0.88, 0.78}
	}
	start := s.in(0, 2*pi)
	green := s.greenOf()
	s.stem(p.at, 0.05*p.scale/0.7, green)
	big := leafPaint(green.times(0.85))
	s.ring(p, ring{count: 3, start: start + pi/3, radius: 0.05, height: -0.3, length: 1.35, lift: -0.1, bend: -0.1, wobble: 0.15, shape: broad, paint: big, part: partGreen, dim: 0.9}, s.rng)
	small := leafPaint(green.mix(rgb{0.6, 0.8, 0.4}, 0.3))
	s.ring(p, ring{count: 3, start: start + pi/3, radius: 0.05, length: 0.72, lift: 0.05, bend: -0.1, wobble: 0.1, shape: sepal, paint: small, part: partGreen, dim: 1}, s.rng)
	s.ring(p, ring{count: 3, start: start, radius: 0.05, length: 0.95, lift: 0.12, bend: -0.18, wobble: 0.1, shape: ovate, paint: q, part: partPetal, dim: 1}, s.rng)
	s.f.Disc = 0.16
	s.f.DiscColor = hsv(s.in(48, 56), 0.8, 0.92)
	s.stamens(p, 6, 0.03, 0.2, 0.9, 0.055, hsv(60, 0.5, 0.9), s.f.DiscColor)
	s.inFront(p.at, p.scale)
}

func lily(s *scene) {
	p := s.face(0.72, 0.95, 42)
	s.single(6, recurved)
	col, t := s.tintOf(tint{[2]float32{18, 30}, [2]float32{0.8, 0.95}, [2]float32{0.93, 1}},
		tint{[2]float32{335, 350}, [2]float32{0.35, 0.6}, [2]float32{0.92, 1}}, white)
	q := petals(col)
	q.veins, q.veinDepth, q.cup, q.curl = 5, 0.1, 0.6, 1.2
	q.spots, q.spot = s.in(0.3, 0.75), col.filter(rgb{0.45, 0.16, 0.14})
	q.stripe, q.stripeWidth = col.mix(rgb{1, 0.95, 0.6}, 0.6), 0.25
	q.throat, q.throatEnd, q.throatSoft = hsv(75, 0.45, 0.72), 0.16, 0.08
	if t == white {
		q.stripe, q.spots = hsv(s.in(335, 410), 0.45, 0.98), q.spots*0.5
		q.spot = rgb{0.75, 0.3, 0.4}
	}
	s.stem(p.at, 0.06*p.scale/0.8, s.greenOf())
	s.collar(p, 1+s.rng.IntN(3), 1, lance)
	start := s.in(0, 1)
	for i := range 2 {
		s.ring(p, ring{count: 3, start: start + float32(i)*pi/3, radius: 0.06, length: 0.98, lift: 0.3, bend: -0.28, wobble: 0.1, shape: recurved, paint: q, part: partPetal, dim: 0.92 + 0.08*float32(i)}, s.rng)
	}
	s.f.Disc = 0
	s.f.DiscColor = hsv(s.in(15, 28), 0.8, s.in(0.45, 0.62))
	s.stamens(p, 6, 0.04, 0.46, 1.0, 0.06, hsv(70, 0.3, 0.88), s.f.DiscColor)
	pistil := &paint{base: hsv(75, 0.4, 0.8), tip: hsv(80, 0.3, 0.85), middle: 0.5}
	s.stalk(p.at, p.point(vec3{0.1, 0.05, 0.55}), vec2{}, strip, 0.035*p.scale, pistil, partDisc, 1, 0)
	s.inFront(p.at, p.scale)
}

func daffodil(s *scene) {
	p := s.face(0.62, 0.85, 52)
	s.single(6, tepal)
	col, t := s.tintOf(tint{[2]float32{52, 57}, [2]float32{0.62, 0.85}, [2]float32{0.95, 1}},
		tint{[2]float32{52, 57}, [2]float32{0.62, 0.85}, [2]float32{0.95, 1}}, white)
	q := petals(col)
	q.veins, q.veinDepth, q.cup, q.stripe, q.stripeWidth = 7, 0.12, 0.45, col.times(0.86), 0.15
	if t == white {
		q.base = rgb{0.9, 0.9, 0.72}
	}
	cup := hsv(s.in(24, 46), s.in(0.88, 1), s.in(0.92, 1))
	s.f.Disc, s.f.DiscColor = s.in(0.34, 0.42), cup
	s.stem(p.at, 0.06*p.scale/0.7, s.greenOf())
	s.collar(p, 1+s.rng.IntN(3), 1.5, lance)
	start := s.in(0, 1)
	for i := range 2 {
		s.ring(p, ring{count: 3, start: start + float32(i)*pi/3, radius: 0.08, length: 0.92, lift: -0.05, bend: -0.05, wobble: 0.12, shape: tepal, paint: q, part: partPetal, dim: 0.92 + 0.08*float32(i)}, s.rng)
	}
	s.trumpet(p, s.f.Disc, cup)
	s.inFront(p.at, p.scale)
}

// trumpet is a daffodil's corona: a tube that stands out of the flower toward the viewer, with a frilled mouth.
func (s *scene) trumpet(p pose, radius float32, col rgb) {
	const steps = 9
	deep := s.in(0.35, 0.6)
	frills := float32(9 + s.rng.IntN(5))
	phase := s.rng.Float32()
	for i := range steps + 1 {
		t := float32(i) / steps
		d := p.disc(0, 0, deep*t, radius*(0.72+0.28*t*t*t))
		d.part, d.dome = partDisc, 0.6
		d.center, d.edge = col.times(0.7+0.3*t), col.times(0.7+0.3*t)
		if i == 0 {
			d.shadow, d.spread = 0.45, 0.09
		}
		if i == steps {
			d.frill, d.frills, d.phase, d.dome = 0.075, frills, phase, 0
			d.edge, d.center = col.mix(rgb{1, 1, 0.6}, 0.12), col.times(0.98)
		}
		s.disc(&d)
	}
	for i := range 5 {
		t := float32(i) / 4
		d := p.disc(0, 0, deep*(1-0.75*t), radius*(0.8-0.3*t))
		d.part, d.dim = partDisc, 0.92-0.5*t
		d.center, d.edge = col.times(0.85), col
		s.disc(&d)
	}
	for i := range 6 {
		a := 2 * pi * float32(i) / 6
		d := p.ball(0.1*cos(a), 0.1*sin(a), deep*0.5, 0.045)
		d.part, d.center, d.edge = partDisc, hsv(54, 0.75, 0.95), hsv(45, 0.9, 0.7)
		s.disc(&d)
	}
}
