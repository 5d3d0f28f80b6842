package synthetic

// kind is one sort of flower.
type kind struct {
	name   string
	places []string // backdrops that suit it
	paint  func(*scene)
}

// kinds are all sorts, by name.
func kinds() []kind {
	return []kind{
		{"allium", []string{"sky", "meadow", "leaves"}, allium},
		{"bluebell", []string{"leaves", "shade", "meadow"}, bluebell},
		{"buttercup", []string{"meadow", "leaves"}, buttercup},
		{"cherry-blossom", []string{"sky", "dusk"}, cherryBlossom},
		{"cosmos", []string{"meadow", "sky", "dusk"}, cosmos},
		{"daffodil", []string{"meadow", "soil"}, daffodil},
		{"daisy", []string{"meadow", "leaves"}, daisy},
		{"dandelion", []string{"meadow", "soil", "stone"}, dandelion},
		{"forget-me-not", []string{"leaves", "shade", "soil"}, forgetMeNot},
		{"lavender", []string{"dusk", "sky", "meadow"}, lavender},
		{"lily", []string{"leaves", "shade"}, lily},
		{"pansy", []string{"soil", "leaves"}, pansy},
		{"poppy", []string{"meadow", "sky"}, poppy},
		{"rose", []string{"leaves", "shade"}, rose},
		{"sunflower", []string{"sky", "leaves"}, sunflower},
		{"trillium", []string{"leaves", "shade", "soil"}, trillium},
		{"tulip", []string{"sky", "soil", "meadow"}, tulip},
	}
}

// Colors that several flowers share.
var (
	white  = tint{[2]float32{40, 60}, [2]float32{0, 0.06}, [2]float32{0.93, 1}}
	yellow = tint{[2]float32{48, 56}, [2]float32{0.8, 0.95}, [2]float32{0.95, 1}}
	pink   = tint{[2]float32{330, 345}, [2]float32{0.35, 0.6}, [2]float32{0.92, 1}}
	red    = tint{[2]float32{350, 364}, [2]float32{0.82, 0.95}, [2]float32{0.75, 0.92}}
	purple = tint{[2]float32{268, 290}, [2]float32{0.5, 0.75}, [2]float32{0.55, 0.8}}
)

// petals is paint for a petal of one color: deeper at the base, lighter at the rim, veined.
func petals(col rgb) *paint {
	return &paint{base: col.times(0.86), tip: col, middle: 0.45, rim: col.mix(rgb{1, 1, 1}, 0.35), rimWidth: 0.35, rimAmount: 0.4,
		veins: 7, veinDepth: 0.12, cup: 0.35, curl: 0.5, shadow: 0.28, spread: 0.05, gloss: 0.05}
}

// heart is a disc of many small florets on a dome: dots on a sunflower spiral.
func (s *scene) heart(p pose, height, radius float32, inner, outer rgb, dots int, size float32) {
	base := p.disc(0, 0, height, radius)
	base.part, base.center, base.edge, base.dome, base.shadow, base.spread = partDisc, inner, outer.times(0.8), 0.75, 0.35, 0.05*p.scale/0.6
	s.disc(&base)
	const golden = 2.39996323
	for i := dots - 1; i >= 0; i-- {
		r := sqrt((float32(i) + 0.5) / float32(dots))
		angle := float32(i) * golden
		d := p.disc(radius*0.95*r*cos(angle), radius*0.95*r*sin(angle), height+radius*0.35*(1-r*r), radius*size)
		d.part, d.dome = partDisc, 0.8
		d.center = inner.mix(outer, smooth(0.2, 0.9, r)).times(s.in(0.85, 1.25))
		d.edge = d.center.times(0.6)
		s.disc(&d)
	}
}

// stamens paints a whorl of thin filaments with anthers at their ends.
func (s *scene) stamens(p pose, count int, from, reach, lift, anther float32, filament, dust rgb) {
	q := &paint{base: filament.times(0.8), tip: filament, middle: 0.5, cup: 0.5}
	for i := range count {
		angle := 2 * pi * (float32(i) + 0.6*(s.rng.Float32()-0.5)) / float32(count)
		length := reach * s.in(0.85, 1.1)
		foot := vec3{from * cos(angle), from * sin(angle), 0}
		head := vec3{(from + length*cos(lift)) * cos(angle), (from + length*cos(lift)) * sin(angle), length * sin(lift)}
		s.stalk(p.point(foot), p.point(head), vec2{}, strip, max(0.012, 0.02*p.scale), q, partDisc, 1, 0)
		d := p.ball(head.x, head.y, head.z, anther)
		d.part, d.center, d.edge, d.shadow, d.spread = partDisc, dust, dust.times(0.65), 0.2, 0.02
		d.axis = d.axis.times(0.8)
		s.disc(&d)
	}
}

func (s *scene) single(petals int, shape *shape) {
	s.f.Arrangement, s.f.Flowers, s.f.Petals, s.f.Shape = "single", 1, petals, shape.name
}
