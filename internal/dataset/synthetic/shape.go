package synthetic

import "math"

// A shape is a petal's outline: its half width along its length, both in units of the length.
type shape struct {
	name  string
	half  [shapeSteps + 2]float32
	slope [shapeSteps + 2]float32
	most  float32 // the largest half width
	// The tip is cut back by notch (heart shapes) or by teeth of this depth, in units of the length.
	notch, notchWidth float32
	teeth             float32
	toothCount        float32
	ragged            float32 // irregular waves on the edge
}

const shapeSteps = 48

// outline describes a shape. From a claw at the base it widens until peak, then closes like 1-x^blunt to the power
// of 1/2 (a round tip), up to 1 (a pointed one).
type outline struct {
	name   string
	width  float32 // half width over length
	base   float32 // half width at the base, as a share of width
	peak   float32 // where it is widest, 0..1
	swell  float32 // exponent of the widening: below 1 full, above 1 slender
	blunt  float32
	point  float32
	notch  float32
	gap    float32 // width of the notch
	teeth  float32
	count  float32
	ragged float32
}

func (o outline) shape() *shape {
	s := &shape{name: o.name, notch: o.notch, notchWidth: o.gap, teeth: o.teeth, toothCount: o.count, ragged: o.ragged}
	width := func(u float64) float64 {
		peak := float64(o.peak)
		if u <= peak {
			rise := math.Pow(math.Sin(math.Pi/2*u/peak), float64(o.swell))
			return float64(o.width) * (float64(o.base) + (1-float64(o.base))*rise)
		}
		return float64(o.width) * math.Pow(1-math.Pow((u-peak)/(1-peak), float64(o.blunt)), float64(o.point))
	}
	for i := range s.half {
		u := min(float64(i)/shapeSteps, 1)
		s.half[i] = float32(width(u))
		s.most = max(s.most, s.half[i])
	}
	for i := range s.slope {
		lo, hi := max(min(i, shapeSteps)-1, 0), min(i+1, shapeSteps)
		s.slope[i] = (s.half[hi] - s.half[lo]) * shapeSteps / float32(hi-lo)
	}
	return s
}

// at is half width and slope at u in 0..1.
func (s *shape) at(u float32) (half, slope float32) {
	t := u * shapeSteps
	i := int(t)
	t -= float32(i)
	return s.half[i] + (s.half[i+1]-s.half[i])*t, s.slope[i] + (s.slope[i+1]-s.slope[i])*t
}

// end is how far the petal reaches at the side position v (in units of the length).
func (s *shape) end(v float32) float32 {
	end := float32(1)
	if s.notch > 0 {
		q := v / s.notchWidth
		end -= s.notch / (1 + q*q*(1+q*q))
	}
	if s.teeth > 0 {
		end -= s.teeth * (0.5 - 0.5*wave(s.toothCount*v/(2*s.most)))
	}
	return end
}

// wave is the cosine of a full turn per unit to three digits, made of parabolas: petals need many.
func wave(turns float32) float32 {
	q := abs(turns-float32(math.Floor(float64(turns)))-0.5) - 0.25
	p := 8*q - 16*q*abs(q)
	return p * (0.775 + 0.225*abs(p))
}
