package attack

import (
	"math"
	"math/rand/v2"
	"slices"

	"herbarium/internal/torch"
)

// Square asks for logits only: it tries squares of random color and keeps those that lower the margin (Andriushchenko et
// al. 2020, algorithms 1 to 3). What it breaks and gradients did not is a sign that gradients are hidden.
type Square struct {
	Queries  int
	Restarts int
	Share    float64 // of the image that the first square covers: p
}

// Name implements [Attack].
func (Square) Name() string { return "square" }

// Run implements [Attack].
func (a Square) Run(p *Problem, rows []int) error {
	for restart := range max(a.Restarts, 1) {
		if err := a.search(p, p.stillIn(rows), restart); err != nil {
			return err
		}
	}
	return nil
}

// share halves p after these of 10,000 queries, scaled to the number there are (the paper's section 4).
func (a Square) share(query int) float64 {
	p := a.Share
	at := query * 10000 / max(a.Queries, 1)
	for _, after := range []int{10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000} {
		if at > after {
			p /= 2
		}
	}
	return p
}

// squares is one restart. It works on Go slices: what it does to a picture is cheap beside asking the net. Slices are by the
// item of the batch.
type squares struct {
	*state
	asked   []float32 // [n,C,H,W], what the net is asked about: the best images with one change each
	best    []float32 // [n,C,H,W]
	margin  []float64 // of best
	c, h, w int
}

// window is a part of an image that a try has changed.
type window struct{ top, left, bottom, right int }

func (a Square) search(p *Problem, rows []int, restart int) error {
	if len(rows) == 0 {
		return nil
	}
	st, err := newState(p, a.Name(), restart, rows, nil)
	if err != nil {
		return err
	}
	defer st.close()
	shape := p.X.Shape()
	q := &squares{state: st, c: shape[1], h: shape[2], w: shape[3]}
	for _, row := range rows {
		q.best = append(q.best, p.sources[row]...)
		q.margin = append(q.margin, math.Inf(1))
	}
	q.asked = slices.Clone(q.best)
	changed := make([]window, len(rows))
	st.dropped = func(alive []int) {
		q.asked, q.best = q.pack(q.asked, alive), q.pack(q.best, alive)
		q.margin, changed = choose(q.margin, alive), choose(changed, alive)
	}
	return st.each(a.Queries, func(s *torch.Scope, query int) error {
		side := a.side(query, q.h, q.w)
		for i := range st.rows {
			changed[i] = q.propose(st.generator(i, uint64(query)), i, query, side)
		}
		st.set(s, &st.x, st.upload(s, q.asked))
		scores, err := st.evaluate(s)
		st.step++
		if err != nil {
			return err
		}
		q.keepBetter(changed, scores)
		return nil
	})
}

// side is that of the square: at least one pixel, less than the image.
func (a Square) side(query, h, w int) int {
	n := int(math.Round(math.Sqrt(a.share(query) * float64(h*w))))
	return min(max(n, 1), min(h, w)-1)
}

// of is the i-th image of a batch.
func (q *squares) of(all []float32, i int) []float32 {
	size := q.c * q.h * q.w
	return all[i*size : (i+1)*size]
}

// pack keeps only these images of a batch.
func (q *squares) pack(all []float32, alive []int) []float32 {
	for to, from := range alive {
		copy(q.of(all, to), q.of(all, from))
	}
	return all[:len(alive)*q.c*q.h*q.w]
}

// keepBetter takes the tries whose margin is lower than the best so far, and undoes the others. Items whose tries were
// adversarial have left.
func (q *squares) keepBetter(changed []window, scores [][]float32) {
	for i, z := range scores {
		a := q.targets[i]
		var margin float64
		if a.toward == NoTarget {
			margin = float64(z[a.label] - z[bestBut(z, a.label)])
		} else {
			margin = float64(z[bestBut(z, a.toward)] - z[a.toward])
		}
		from, to := q.of(q.best, i), q.of(q.asked, i)
		if margin < q.margin[i] {
			q.margin[i] = margin
			from, to = to, from
		}
		for c := range q.c {
			for y := changed[i].top; y < changed[i].bottom; y++ {
				at := (c*q.h + y) * q.w
				copy(to[at+changed[i].left:at+changed[i].right], from[at+changed[i].left:at+changed[i].right])
			}
		}
	}
}

// propose makes the next try for an item: stripes at first, then the best so far with one square changed.
func (q *squares) propose(r *rand.Rand, i, query, side int) window {
	x0, best, out := q.sources[q.rows[i]], q.of(q.best, i), q.of(q.asked, i)
	switch {
	case q.Ball.Norm == Linf && query == 0:
		q.stripes(r, x0, out)
	case q.Ball.Norm == Linf:
		return q.flip(r, x0, best, out, side)
	case query == 0:
		copy(out, q.tiles(r, x0, side))
	default:
		copy(out, q.shift(r, x0, best, side))
	}
	return window{0, 0, q.h, q.w}
}

func clip(v float64) float32 { return float32(max(0, min(1, v))) }

// stripes start an L-inf search: vertical, one pixel wide, of plus or minus eps in each channel.
func (q *squares) stripes(r *rand.Rand, x0, out []float32) {
	for c := range q.c {
		for x := range q.w {
			d := q.Ball.Eps * sign(r)
			for y := range q.h {
				i := (c*q.h+y)*q.w + x
				out[i] = clip(float64(x0[i]) + d)
			}
		}
	}
}

func sign(r *rand.Rand) float64 { return float64(2*r.IntN(2) - 1) }

// flip sets one square to plus or minus eps in each channel (algorithm 2). A square that would change nothing is drawn again.
func (q *squares) flip(r *rand.Rand, x0, best, out []float32, side int) window {
	var win window
	for range 20 {
		top, left, changed := r.IntN(q.h-side+1), r.IntN(q.w-side+1), false
		win = window{top, left, top + side, left + side}
		for c := range q.c {
			d := q.Ball.Eps * sign(r)
			for y := win.top; y < win.bottom; y++ {
				for i := (c*q.h+y)*q.w + win.left; i < (c*q.h+y)*q.w+win.right; i++ {
					out[i] = clip(float64(x0[i]) + d)
					changed = changed || out[i] != best[i]
				}
			}
		}
		if changed {
			break
		}
	}
	return win
}
