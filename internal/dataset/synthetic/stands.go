package synthetic

// Plants seen from the side: a stem, and flowers that stand on it or hang from it.

var (
	egg   = outline{name: "tulip cup", width: 0.36, base: 0.3, peak: 0.4, swell: 0.5, blunt: 2.0, point: 0.68}.shape()
	bell  = outline{name: "bell", width: 0.42, base: 0.42, peak: 0.97, swell: 0.75, blunt: 2, point: 0.5, teeth: 0.13, count: 3}.shape()
	lobe  = outline{name: "lobe", width: 0.3, base: 0.9, peak: 0.25, swell: 0.8, blunt: 1.6, point: 0.8}.shape()
	grain = outline{name: "floret", width: 0.36, base: 0.3, peak: 0.6, swell: 0.8, blunt: 2.2, point: 0.5}.shape()
	star  = outline{name: "star", width: 0.2, base: 0.5, peak: 0.45, swell: 0.8, blunt: 1.8, point: 0.75}.shape()
)

// stand is a plant's own frame: up along its lean.
type stand struct {
	at    vec2
	scale float32
	up    vec2
	right vec2
}

// upright draws where a plant stands and how far it leans.
func (s *scene) upright(low, high, mostLean float32) stand {
	at, scale := s.place(low, high)
	lean := s.in(-mostLean, mostLean)
	s.f.Tilt, s.f.Lean = abs(lean), 0
	if lean < 0 {
		s.f.Lean = 180
	}
	a := lean * pi / 180
	return stand{at: at, scale: scale, up: vec2{sin(a), -cos(a)}, right: vec2{cos(a), sin(a)}}
}

// point is x to the right and y up, in the stand's size.
func (t stand) point(x, y float32) vec2 {
	return t.at.add(t.right.times(x * t.scale)).add(t.up.times(y * t.scale))
}

func (t stand) flat(x, y float32) vec2 {
	return t.right.times(x * t.scale).add(t.up.times(y * t.scale))
}

// upPetal paints a petal in the plane of the picture. turned is how much it looks to the right (1) or left (-1).
func (s *scene) upPetal(at, axis, bend vec2, width, turned float32, shape *shape, q *paint, dim float32) {
	length := axis.length()
	normal := vec3{turned, 0, 1}.unit()
	s.draw(&petal{shape: shape, paint: q, part: partPetal, at: at, axis: axis, bend: bend, side: axis.across().times(width),
		along:  vec3{axis.x / length, axis.y / length, 0},
		across: vec3{-axis.y / length, axis.x / length, 0},
		normal: normal, dim: dim, phase: s.rng.Float32()})
}

func tulip(s *scene) {
	st := s.upright(0.55, 0.74, 20)
	s.single(6, egg)
	col, t := s.tintOf(red, pink, yellow, purple, tint{[2]float32{16, 30}, [2]float32{0.8, 0.95}, [2]float32{0.93, 1}}, white)
	q := petals(col)
	q.base, q.veins, q.veinDepth, q.cup, q.curl, q.shadow, q.spread = col.times(0.78), 11, 0.1, 0.75, 0.3, 0.35, 0.07
	q.stripe, q.stripeWidth = col.times(0.85), 0.15
	q.rim, q.rimAmount = col.mix(rgb{1, 0.95, 0.8}, 0.45), 0.5
	if t == white {
		q.base, q.veinDepth = rgb{0.82, 0.86, 0.68}, 0.06
	}
	if s.chance(0.25) {
		q.rim, q.rimAmount = hsv(s.in(46, 54), 0.6, 1), 0.9 // a yellow or white edge
		if s.chance(0.5) {
			q.rim = rgb{1, 0.98, 0.95}
		}
	}
	green := s.greenOf().mix(rgb{0.45, 0.62, 0.5}, 0.4)
	foot := st.point(0, -0.62)
	s.leaf(lance, st.point(s.in(-0.5, -0.1), -2.6), st.flat(s.in(-0.7, 0.1), s.in(2.3, 2.9)), st.flat(s.in(-0.4, 0.1), 0), green, 0.85, 0)
	s.stem(foot.add(st.up.times(0.05)), 0.075*st.scale/0.65, green)
	s.leaf(lance, st.point(s.in(0.1, 0.5), -2.6), st.flat(s.in(-0.1, 0.7), s.in(2.0, 2.6)), st.flat(s.in(-0.1, 0.4), 0), green, 1, 0)
	spread := s.in(0.7, 1.25)
	height := 1.62 * st.scale
	petal := func(x, lean, tall, width, turned, bow, dim float32) {
		lean *= spread
		axis := st.up.times(cos(lean)).add(st.right.times(sin(lean))).times(height * tall)
		s.upPetal(st.point(x, -0.68), axis, axis.across().times(-bow), width, turned, egg, q, dim)
	}
	petal(-0.1, -0.16, 0.98, 0.95, -0.3, 0.0, 0.62)
	petal(0.1, 0.18, 0.98, 0.95, 0.3, 0.0, 0.66)
	petal(0, 0.02, 1.0, 0.9, 0, 0, 0.7)
	petal(-0.12, -0.3, 0.94, 0.98, -0.7, 0.1, 0.92)
	petal(0.12, 0.3, 0.94, 0.98, 0.7, -0.1, 0.95)
	petal(s.in(-0.03, 0.03), s.in(-0.04, 0.04), 0.88, 1.08, 0, 0, 1.02)
	s.inFront(st.at, st.scale)
}

func bluebell(s *scene) {
	t := s.upright(0.78, 0.95, 12)
	col, _ := s.tintOf(tint{[2]float32{232, 258}, [2]float32{0.5, 0.75}, [2]float32{0.68, 0.92}})
	f := s.f
	f.Arrangement, f.Petals, f.Shape = "raceme", 6, bell.name
	f.Flowers = 5 + s.rng.IntN(4)
	side := float32(1)
	if s.chance(0.5) {
		side = -1
	}
	green := s.greenOf().mix(rgb{0.4, 0.35, 0.5}, 0.25)
	s.leaf(lance, t.point(s.in(-0.6, 0.3), -1.9), t.flat(s.in(-0.9, 0.9), s.in(1.3, 2.0)), t.flat(s.in(-0.4, 0.4), -0.1), s.greenOf(), 0.8, 0)
	// The stem rises and nods to one side.
	from, to := t.point(-0.55*side, -1.9), t.point(0.42*side, 0.74)
	bend := t.flat(0.62*side, -0.7)
	q := stemPaint(green)
	s.stalk(from, to, bend, strip, 0.045*t.scale, q, partGreen, 0.9, 0)
	axis := to.sub(from).sub(bend)
	at := func(u float32) vec2 { return from.add(axis.times(u)).add(bend.times(u * u)) }
	p := petals(col)
	p.base, p.tip, p.middle = col.mix(rgb{0.85, 0.85, 1}, 0.25), col, 0.35
	p.stripe, p.stripeWidth, p.veins, p.veinDepth = col.times(0.62), 0.16, 5, 0.25
	p.cup, p.curl, p.gloss, p.shadow, p.spread = 0.95, 0.2, 0.12, 0.35, 0.05
	for i := range f.Flowers {
		u := 0.56 + 0.44*(1-float32(i)/float32(f.Flowers-1))
		size := (0.56 - 0.2*(u-0.56)/0.44) * s.in(0.92, 1.05)
		out := side * s.in(-0.1, 0.55)
		if i%2 == 1 {
			out = side * s.in(-0.75, -0.25)
		}
		foot := at(u)
		hang := foot.add(vec2{out * 0.3, 0.1 + 0.06*abs(out)}.times(t.scale))
		s.stalk(foot, hang, vec2{0, -0.05 * t.scale}, strip, 0.022*t.scale, q, partGreen, 0.95, 0)
		down := vec2{out * 0.45, 1}
		down = down.times(size * t.scale / down.length())
		for _, e := range []float32{-1, 1} {
			tip := hang.add(down.times(0.9)).add(down.across().times(0.36 * e))
			curlUp := down.times(0.1).add(down.across().times(0.3 * e))
			s.upPetal(tip.sub(curlUp.times(0.3)), curlUp, down.times(-0.22), 0.5, e*0.5, lobe, p, 0.9)
		}
		s.upPetal(hang, down, vec2{}, 1, 0, bell, p, 1)
		d := round(hang, 0.05*t.scale)
		d.part, d.center, d.edge, d.dome = partGreen, green.mix(col, 0.4), green.times(0.7), 0.8
		s.disc(&d)
	}
	s.inFront(t.at, t.scale)
}

func lavender(s *scene) {
	t := s.upright(0.82, 0.96, 12)
	col, _ := s.tintOf(tint{[2]float32{256, 276}, [2]float32{0.4, 0.65}, [2]float32{0.62, 0.88}})
	f := s.f
	f.Arrangement, f.Petals, f.Shape = "spike", 5, grain.name
	spikes := 1 + s.rng.IntN(4)
	green := s.greenOf().mix(rgb{0.55, 0.62, 0.52}, 0.5)
	xs := []float32{0, -0.5, 0.52, -0.95}
	dims := []float32{1, 0.86, 0.9, 0.78}
	for i := spikes - 1; i >= 0; i-- {
		x := xs[i] + s.in(-0.1, 0.1)
		top := s.in(0.72, 1)
		if i > 0 {
			top -= s.in(0.1, 0.35)
		}
		low := top - s.in(1.15, 1.4)
		s.spike(t, x, top, low, s.in(-0.2, 0.2), s.in(0.16, 0.2), col, green, dims[i])
	}
	s.inFront(t.at, t.scale)
}

// spike paints one ear of lavender: whorls of buds and open florets, narrower at the top.
func (s *scene) spike(t stand, x, top, low, sway, width float32, col, green rgb, dim float32) {
	foot, crown := t.point(x*0.6, -2.2), t.point(x, top)
	bend := t.flat(sway, 0)
	s.stalk(foot, crown, bend, strip, 0.035*t.scale, stemPaint(green), partGreen, dim*0.95, 0)
	axis := crown.sub(foot).sub(bend)
	along := func(y float32) vec2 {
		u := (y + 2.2) / (top + 2.2)
		return foot.add(axis.times(u)).add(bend.times(u * u))
	}
	q := petals(col)
	q.base, q.veinDepth, q.cup, q.shadow, q.spread = col.times(0.62), 0, 0.8, 0.3, 0.025
	open := petals(col.mix(rgb{0.9, 0.85, 1}, 0.35))
	open.veinDepth, open.shadow, open.spread = 0, 0.25, 0.02
	whorls := 8 + s.rng.IntN(3)
	for j := range whorls {
		h := float32(j) / float32(whorls-1)
		y := low + (top-low)*h
		center := along(y)
		w := width * (1 - 0.55*h*h) * s.in(0.9, 1.1)
		n := 5
		for k := range n {
			// The florets stand around the stem: those at the sides point outward.
			v := 2*float32(k)/float32(n-1) - 1
			angle := 0.95*v + s.in(-0.15, 0.15)
			dir := t.up.times(cos(angle)).add(t.right.times(sin(angle)))
			at := center.add(t.right.times(0.4 * w * v * t.scale))
			length := w * t.scale * (1.05 + 0.2*abs(v))
			s.upPetal(at, dir.times(length), vec2{}, 0.8, v, grain, q, dim*(0.82+0.1*h))
		}
		s.f.Flowers += n
		for range 2 {
			if s.chance(0.55) {
				s.floret(center.add(t.right.times(s.in(-0.8, 0.8)*w*t.scale)).add(t.up.times(s.in(0, 0.6)*w*t.scale)), 0.42*w*t.scale, 5, grain, open, dim)
			}
		}
	}
}

// floret is a very small open flower seen from the front.
func (s *scene) floret(at vec2, radius float32, count int, shape *shape, q *paint, dim float32) {
	start := s.in(0, 2*pi)
	for i := range count {
		axis := polar(start+2*pi*float32(i)/float32(count), radius)
		s.upPetal(at, axis, vec2{}, 1, 0, shape, q, dim)
	}
}
