package attack

import (
	"math"

	"herbarium/internal/torch"
)

// FAB looks for the nearest adversarial image, stepping to the linearized boundary toward one class at a time (fast
// adaptive boundary attack: Croce and Hein 2020b, algorithm 1, in the targeted form of Croce and Hein 2020a). What it
// finds counts if it is in the ball.
type FAB struct {
	Steps    int
	Restarts int
	Targets  int // the likeliest other classes to go to in turn
}

// The paper's constants: the largest share of the step from the item itself, overshoot, and the way back.
const (
	fabBias      = 0.1
	fabOvershoot = 1.05
	fabBack      = 0.9
)

// Name implements [Attack].
func (FAB) Name() string { return "fab-t" }

// Run implements [Attack].
func (a FAB) Run(p *Problem, rows []int) error {
	for restart := range max(a.Restarts, 1) {
		if err := eachTarget(p, max(a.Targets, 1), rows, func(rows, toward []int) error { return a.search(p, rows, toward, restart) }); err != nil {
			return err
		}
	}
	return nil
}

func (a FAB) search(p *Problem, rows, toward []int, restart int) error {
	if len(rows) == 0 {
		return nil
	}
	st, err := newState(p, a.Name(), restart, rows, toward)
	if err != nil {
		return err
	}
	defer st.close()
	st.anywhere = true
	if restart > 0 { // half the ball, as in the paper's section 2.4
		err := torch.Do(func(s *torch.Scope) error {
			half := Ball{p.Ball.Norm, p.Ball.Eps / 2}
			st.set(s, &st.x, half.project(s, s.Add(st.x0, st.random(s, half)), st.x0))
			return nil
		})
		if err != nil {
			return err
		}
	}
	return st.each(a.Steps, func(s *torch.Scope, _ int) error {
		g, values, err := st.gradient(s, Margin)
		if err != nil || len(st.rows) == 0 {
			return err
		}
		n := len(st.rows)
		normals := split(torch.Read[float32](s, g), n)
		x := split(torch.Read[float32](s, st.x), n)
		next := make([]float32, 0, n*st.size())
		for i, row := range st.rows {
			next = append(next, fabStep(p.Ball.Norm, x[i], p.sources[row], normals[i], values[i])...)
		}
		st.set(s, &st.x, s.To(torch.From(s, st.x.Shape(), next), st.X.Device()))
		scores, err := st.evaluate(s)
		if err != nil {
			return err
		}
		st.comeBack(s, scores)
		return nil
	})
}

// fabStep is algorithm 1, lines 8 to 12: a mix of the steps to the plane from x and from x0, each overshooting.
func fabStep(norm Norm, x, x0, normal []float32, lead float64) []float32 {
	there := hyperplane{lead, normal}
	d := there.step(norm, x)
	moved := 0.0
	for i := range x { // the same plane, seen from x0
		moved += float64(normal[i]) * (float64(x0[i]) - float64(x[i]))
	}
	d0 := hyperplane{lead + moved, normal}.step(norm, x0)
	long, long0 := norm.of(distances(d, make([]float32, len(d)))), norm.of(distances(d0, make([]float32, len(d0))))
	bias := 0.0
	if long+long0 > 0 {
		bias = math.Min(long/(long+long0), fabBias)
	}
	next := make([]float32, len(x))
	for i := range x {
		from := float64(x[i]) + fabOvershoot*float64(d[i])
		from0 := float64(x0[i]) + fabOvershoot*float64(d0[i])
		next[i] = float32(math.Max(0, math.Min(1, (1-bias)*from+bias*from0)))
	}
	return next
}

// comeBack takes items that are adversarial, though not near enough, back toward where they started (line 16).
func (st *state) comeBack(s *torch.Scope, scores [][]float32) {
	back := make([]float64, len(st.rows))
	for i, row := range st.rows {
		back[i] = 1
		if st.broken(row, scores[i]) {
			back[i] = fabBack
		}
	}
	if len(st.rows) > 0 {
		st.set(s, &st.x, s.Add(st.x0, s.Mul(s.Sub(st.x, st.x0), column(s, back, st.X.Device()))))
	}
}
