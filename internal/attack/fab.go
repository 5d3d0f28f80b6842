package attack

import "herbarium/internal/torch"

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
		g, lead, err := st.gradient(s, Margin)
		if err != nil || len(st.rows) == 0 {
			return err
		}
		st.set(s, &st.x, fabStep(s, p.Ball.Norm, st.x, st.x0, g, column(s, lead)))
		scores, err := st.evaluate(s)
		if err != nil {
			return err
		}
		st.comeBack(s, scores)
		return nil
	})
}

// fabStep is algorithm 1, lines 8 to 12: a mix of the steps to the plane from x and from x0, each overshooting. lead is [n,1,1,1].
func fabStep(s *torch.Scope, norm Norm, x, x0, normal, lead torch.Tensor) torch.Tensor {
	there := newPlane(s, norm, normal)
	from, long := there.step(s, x, lead)
	moved := s.SumKeep(s.Mul(normal, s.Sub(x0, x)), 1, 2, 3) // the same plane, seen from x0
	from0, long0 := there.step(s, x0, s.Add(lead, moved))
	bias := s.Clamp(s.Div(long, s.AddScalar(s.Add(long, long0), tiny)), 0, fabBias)
	s.ScaleInPlace(from, fabOvershoot)
	s.AddScaled(from, x, 1)
	s.ScaleInPlace(from0, fabOvershoot)
	s.AddScaled(from0, x0, 1)
	s.AddScaled(from0, from, -1)
	s.MulInPlace(from0, bias)
	s.AddScaled(from, from0, 1)
	return s.Clamp(from, 0, 1)
}

// comeBack takes items that are adversarial, though not near enough, back toward where they started (line 16).
func (st *state) comeBack(s *torch.Scope, scores [][]float32) {
	if len(st.rows) == 0 {
		return
	}
	back := make([]float32, len(st.rows))
	any := false
	for i, row := range st.rows {
		if back[i] = 1; st.broken(row, scores[i]) {
			back[i], any = fabBack, true
		}
	}
	if any {
		d := s.Sub(st.x, st.x0)
		s.MulInPlace(d, column(s, s.To(torch.From(s, []int{len(back)}, back), st.X.Device())))
		s.AddScaled(d, st.x0, 1)
		st.set(s, &st.x, d)
	}
}
