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

// squares is one restart. It works on Go slices: what it does to a picture is cheap beside asking the net.
type squares struct {
	*state
	best    [][]float32 // images by the item of the problem
	margin  map[int]float64
	c, h, w int
}

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
	q := &squares{state: st, margin: map[int]float64{}, c: shape[1], h: shape[2], w: shape[3], best: slices.Clone(p.sources)}
	return st.each(a.Queries, func(s *torch.Scope, query int) error {
		tries := make([][]float32, len(st.rows))
		asked := st.rows
		var all []float32
		for i, row := range st.rows {
			tries[i] = q.propose(st.generator(i, uint64(query)), row, query, a.side(query, q.h, q.w))
			all = append(all, tries[i]...)
		}
		st.set(s, &st.x, s.To(torch.From(s, st.x.Shape(), all), p.X.Device()))
		scores, err := st.evaluate(s)
		st.step++
		if err != nil {
			return err
		}
		q.keepBetter(asked, tries, scores)
		return nil
	})
}

// side is that of the square: at least one pixel, less than the image.
func (a Square) side(query, h, w int) int {
	n := int(math.Round(math.Sqrt(a.share(query) * float64(h*w))))
	return min(max(n, 1), min(h, w)-1)
}

// keepBetter takes the tries whose margin is lower than the best so far. Items whose tries were adversarial have left.
func (q *squares) keepBetter(asked []int, tries [][]float32, scores [][]float32) {
	at := map[int]int{}
	for i, row := range asked {
		at[row] = i
	}
	for i, row := range q.rows {
		a, z := q.targets[i], scores[i]
		var margin float64
		if a.toward == NoTarget {
			margin = float64(z[a.label] - z[bestBut(z, a.label)])
		} else {
			margin = float64(z[bestBut(z, a.toward)] - z[a.toward])
		}
		if old, ok := q.margin[row]; !ok || margin < old {
			q.margin[row], q.best[row] = margin, tries[at[row]]
		}
	}
}

// propose is the next try for an item: stripes at first, then the best so far with one square changed.
func (q *squares) propose(r *rand.Rand, row, query, side int) []float32 {
	x0, best := q.sources[row], q.best[row]
	switch {
	case q.Ball.Norm == Linf && query == 0:
		return q.stripes(r, x0)
	case q.Ball.Norm == Linf:
		return q.flip(r, x0, best, side)
	case query == 0:
		return q.tiles(r, x0, side)
	}
	return q.shift(r, x0, best, side)
}

func clip(v float64) float32 { return float32(math.Max(0, math.Min(1, v))) }

// stripes start an L-inf search: vertical, one pixel wide, of plus or minus eps in each channel.
func (q *squares) stripes(r *rand.Rand, x0 []float32) []float32 {
	out := make([]float32, len(x0))
	for c := range q.c {
		for x := range q.w {
			d := q.Ball.Eps * sign(r)
			for y := range q.h {
				i := (c*q.h+y)*q.w + x
				out[i] = clip(float64(x0[i]) + d)
			}
		}
	}
	return out
}

func sign(r *rand.Rand) float64 { return float64(2*r.IntN(2) - 1) }

// flip sets one square to plus or minus eps in each channel (algorithm 2). A square that would change nothing is drawn again.
func (q *squares) flip(r *rand.Rand, x0, best []float32, side int) []float32 {
	out := append([]float32(nil), best...)
	for range 20 {
		top, left, changed := r.IntN(q.h-side+1), r.IntN(q.w-side+1), false
		for c := range q.c {
			d := q.Ball.Eps * sign(r)
			for y := top; y < top+side; y++ {
				for x := left; x < left+side; x++ {
					i := (c*q.h+y)*q.w + x
					out[i] = clip(float64(x0[i]) + d)
					changed = changed || out[i] != best[i]
				}
			}
		}
		if changed {
			break
		}
	}
	return out
}
