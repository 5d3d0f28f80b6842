package synthetic

import (
	"math/rand/v2"

	"herbarium/internal/random"
)

// scene is one picture on its way: what is decided about it and what it is painted on.
type scene struct {
	*canvas
	rng *rand.Rand
	f   *Factors
}

// Factors is all that is known about a synthetic picture, because it was made so.
type Factors struct {
	Kind        string
	Petals      int     // on one flower
	Shape       string  // of the petals
	Color       rgb     // of the petals' outer half, before light
	Disc        float32 // radius of the center over that of the flower; 0 without one
	DiscColor   rgb
	Arrangement string // single, pair, cluster, spike, raceme or umbel
	Flowers     int    // how many are shown
	Background  string
	Spin        float32 // degrees about the flower's own axis
	Tilt        float32 // degrees away from looking at the viewer; for plants seen from the side, how far they lean
	Lean        float32 // degrees: the direction of the tilt
	Scale       float32 // radius of the flower or half the height of its stand, in half sides of the picture
	X, Y        float32 // center, in half sides
	LightAngle  float32 // degrees: where the light comes from; 0 is from the right, 90 from above
	Brightness  float32
	Temperature float32 // above 0 warm, below 0 cool
	Occluded    bool    // a leaf or a blade of grass hangs over the flower's outer part
	Noise       float32 // standard deviation, of 1
}

// chance is true with probability p.
func (s *scene) chance(p float32) bool { return s.rng.Float32() < p }

// in is evenly distributed between low and high.
func (s *scene) in(low, high float32) float32 { return between(s.rng, low, high) }

// newScene decides what all kinds have in common and paints the backdrop.
func newScene(seed, index uint64, height, width int, k *kind) *scene {
	rng := random.New(seed, random.Key("flower"), index)
	s := &scene{rng: rng, f: &Factors{Kind: k.name}}
	f := s.f
	f.LightAngle = s.in(20, 160)
	if s.chance(0.2) {
		f.LightAngle = s.in(-180, 180)
	}
	f.Brightness = s.in(0.86, 1.16)
	f.Temperature = s.in(-1, 1)
	f.Noise = 0.004 + 0.02*rng.Float32()*rng.Float32()
	height2 := s.in(0.45, 0.85) // how high the light stands
	flat := sqrt(1 - height2*height2)
	a := f.LightAngle * pi / 180
	l := light{
		from:     vec3{flat * cos(a), -flat * sin(a), height2},
		exposure: f.Brightness,
		tint:     rgb{1 + 0.05*f.Temperature, 1, 1 - 0.07*f.Temperature},
	}
	contrast := s.in(0.35, 0.75)
	l.ambient, l.diffuse = 1.02-contrast*height2, contrast // what faces the viewer is fully lit
	s.canvas = newCanvas(height, width, l)
	return s
}

// backdropFor picks a background, half the time one that suits the kind, and paints it.
func (s *scene) backdropFor(k *kind) {
	all := backdrops()
	i := s.rng.IntN(len(all))
	if s.chance(0.4) {
		name := k.places[s.rng.IntN(len(k.places))]
		for j := range all {
			if all[j].name == name {
				i = j
			}
		}
	}
	s.f.Background = all[i].name
	bokeh := 0
	if s.chance(0.6) {
		bokeh = s.rng.IntN(6)
	}
	s.backdrop(&all[i], bokeh, s.rng)
	s.behind()
}

// place draws where the flower is and how large.
func (s *scene) place(low, high float32) (at vec2, scale float32) {
	f := s.f
	f.Scale = s.in(low, high)
	room := 0.06 + 0.5*max(0.9-f.Scale, 0)
	f.X, f.Y = s.in(-room, room), s.in(-room, room)
	return vec2{f.X, f.Y}, f.Scale
}

// face draws the pose of a flower that looks at the viewer, more or less.
func (s *scene) face(low, high, mostTilt float32) pose {
	at, scale := s.place(low, high)
	f := s.f
	f.Spin, f.Lean = s.in(0, 360), s.in(0, 360)
	f.Tilt = mostTilt * sqrt(s.rng.Float32())
	return facing(at, scale, f.Spin*pi/180, f.Tilt*pi/180, f.Lean*pi/180)
}

// tintOf picks one of the colors that a kind has, each a range of hue, saturation and value.
func (s *scene) tintOf(choices ...tint) (rgb, tint) {
	t := choices[s.rng.IntN(len(choices))]
	col := hsv(s.in(t.hue[0], t.hue[1]), s.in(t.saturation[0], t.saturation[1]), s.in(t.value[0], t.value[1]))
	s.f.Color = col
	return col, t
}

// tint is a range of colors.
type tint struct {
	hue, saturation, value [2]float32
}
