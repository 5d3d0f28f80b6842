package attack

import (
	"math"
	"math/rand/v2"
)

// The L2 form of Square (Andriushchenko et al. 2020, section 3.3 and algorithm 3): a perturbation of length eps is made of
// bumps; each try takes the length from one window and gives it to another.

// bump is eq. 2 for a rectangle of h x w: largest in its middle, falling to its border, of length one.
func bump(h, w int) []float64 {
	out := make([]float64, h*w)
	n := h / 2
	sum := 0.0
	for y := range h {
		for x := range w {
			m := n - max(abs(y-h/2), abs(x-w/2))
			v := 0.0
			for k := 0; k <= m; k++ {
				v += 1 / float64((n+1-k)*(n+1-k))
			}
			out[y*w+x] = v
			sum += v * v
		}
	}
	for i := range out {
		out[i] /= math.Sqrt(sum)
	}
	return out
}

func abs(v int) int { return max(v, -v) }

// pair is a bump and its negative side by side, at random one above the other.
func pair(r *rand.Rand, side int) []float64 {
	out := make([]float64, side*side)
	half := max(side/2, 1)
	a := bump(side, half)
	upright := r.IntN(2) == 0
	flip := sign(r)
	for y := range side {
		for x := range side {
			across, along := x, y
			if upright {
				across, along = y, x
			}
			v := 0.0
			switch {
			case across < half:
				v = a[along*half+across]
			case side-1-across < half:
				v = -a[along*half+side-1-across]
			}
			out[y*side+x] = flip * v
		}
	}
	return unit(out)
}

func unit(v []float64) []float64 {
	sum := 0.0
	for _, x := range v {
		sum += x * x
	}
	for i := range v {
		v[i] /= math.Sqrt(sum) + 1e-12
	}
	return v
}

// within is x0 + d at length eps, in the box.
func (q *squares) within(x0 []float32, d []float64) []float32 {
	unit(d)
	out := make([]float32, len(x0))
	for i, v := range d {
		out[i] = clip(float64(x0[i]) + q.Ball.Eps*(1-tolerance)*v)
	}
	return out
}

// tiles start an L2 search: a grid of bumps.
func (q *squares) tiles(r *rand.Rand, x0 []float32, _ int) []float32 {
	d := make([]float64, len(x0))
	side := max(q.h/5, 1)
	for top := 0; top+side <= q.h; top += side {
		for left := 0; left+side <= q.w; left += side {
			b := pair(r, side)
			for c := range q.c {
				s := sign(r)
				for y := range side {
					for x := range side {
						d[(c*q.h+top+y)*q.w+left+x] += s * b[y*side+x]
					}
				}
			}
		}
	}
	return q.within(x0, d)
}

// shift is algorithm 3.
func (q *squares) shift(r *rand.Rand, x0, best []float32, side int) []float32 {
	side = max(side, min(3, min(q.h, q.w)-1))
	d := make([]float64, len(x0))
	total := 0.0
	for i := range d {
		d[i] = float64(best[i]) - float64(x0[i])
		total += d[i] * d[i]
	}
	unused := math.Max(0, q.Ball.Eps*q.Ball.Eps-total)
	top, left := r.IntN(q.h-side+1), r.IntN(q.w-side+1)
	top2, left2 := r.IntN(q.h-side+1), r.IntN(q.w-side+1)
	b := pair(r, side)
	for c := range q.c {
		at := func(y, x int) int { return (c*q.h+y)*q.w + x }
		window, both := 0.0, 0.0
		seen := map[int]bool{}
		for y := range side {
			for x := range side {
				i, j := at(top+y, left+x), at(top2+y, left2+x)
				window += d[i] * d[i]
				if !seen[i] {
					seen[i], both = true, both+d[i]*d[i]
				}
				if !seen[j] {
					seen[j], both = true, both+d[j]*d[j]
				}
			}
		}
		fresh := make([]float64, side*side)
		rho := sign(r)
		for y := range side {
			for x := range side {
				fresh[y*side+x] = rho*b[y*side+x] + d[at(top+y, left+x)]/(math.Sqrt(window)+1e-12)
			}
		}
		unit(fresh)
		available := math.Sqrt(both + unused/float64(q.c))
		for y := range side {
			for x := range side {
				d[at(top2+y, left2+x)] = 0
			}
		}
		for y := range side {
			for x := range side {
				d[at(top+y, left+x)] = available * fresh[y*side+x]
			}
		}
	}
	return q.within(x0, d)
}
