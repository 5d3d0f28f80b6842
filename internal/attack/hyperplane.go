package attack

import "math"

// A hyperplane is where one class's linearized lead over another is zero: lead + <normal, d> = 0 at distance d.
type hyperplane struct {
	lead   float64 // at the point itself; negative while the other class wins
	normal []float32
}

// step is the smallest change d of x, in the norm, that reaches the plane within the box, as [len(x)]; where the box holds
// no point of the plane, the change that comes nearest to it.
//
// The nearest point has |d_i| = min(t |normal_i|^p, room_i) with p = 0 for L-inf and 1 for L2. What such a change
// gains, sum_i |normal_i d_i|, is concave and piecewise linear in t, so that Newton's method from the left ends at
// the exact t after few rounds.
func (h hyperplane) step(n Norm, x []float32) []float32 {
	sign := 1.0 // of the direction along the normal that reduces |lead|
	if h.lead > 0 {
		sign = -1
	}
	need := math.Abs(h.lead)
	room := func(i int) float64 {
		if sign*float64(h.normal[i]) > 0 {
			return math.Max(0, 1-float64(x[i]))
		}
		return math.Max(0, float64(x[i]))
	}
	speed := func(i int) float64 {
		if n == Linf && h.normal[i] != 0 {
			return 1
		}
		return math.Abs(float64(h.normal[i]))
	}
	t := 0.0
	for range 64 {
		gain, slope := 0.0, 0.0
		for i, v := range h.normal {
			a := math.Abs(float64(v))
			if far := t * speed(i); far < room(i) {
				gain += a * far
				slope += a * speed(i)
			} else {
				gain += a * room(i)
			}
		}
		if slope == 0 || need-gain <= 1e-12*need {
			break
		}
		t += (need - gain) / slope
	}
	d := make([]float32, len(x))
	for i, v := range h.normal {
		d[i] = float32(math.Copysign(math.Min(t*speed(i), room(i)), sign*float64(v)))
	}
	return d
}
