package attack

import (
	"math"

	"herbarium/internal/torch"
)

// APGD is Auto-PGD, which chooses its own steps (Croce and Hein 2020a, section 4 and algorithm 1).
type APGD struct {
	Named    string
	Steps    int
	Restarts int
	Loss     Loss
	Targets  int // as for Gradient
}

// Name implements [Attack].
func (a APGD) Name() string { return a.Named }

// Run implements [Attack].
func (a APGD) Run(p *Problem, rows []int) error {
	for restart := range max(a.Restarts, 1) {
		if err := eachTarget(p, a.Targets, rows, func(rows, toward []int) error { return a.climb(p, rows, toward, restart) }); err != nil {
			return err
		}
	}
	return nil
}

// checkpoints are the steps after which the step size may be halved: w_{j+1} = w_j + max(0.22, ... - 0.03, 0.06) T.
func checkpoints(steps int) map[int]int {
	lengths := map[int]int{} // by the step that a period ends with
	share := func(f float64) int { return max(int(f*float64(steps)), 1) }
	period := share(0.22)
	for at := period; at <= steps; at += period {
		lengths[at] = period
		period = max(period-share(0.03), share(0.06))
	}
	return lengths
}

// autoPGD is one restart: the gradient at each item's point, the point before, and the best point with its gradient.
type autoPGD struct {
	*state
	g, before, best, bestG torch.Tensor

	step               numbers // lengths of steps
	loss, top, lastTop numbers // at x; the largest; and that at the last checkpoint
	rises              numbers // steps since the last checkpoint that raised the loss
	halved             numbers // 1: the step was halved at the last checkpoint
}

func (a APGD) climb(p *Problem, rows, toward []int, restart int) error {
	if len(rows) == 0 {
		return nil
	}
	st, err := newState(p, a.Named, restart, rows, toward)
	if err != nil {
		return err
	}
	defer st.close()
	m := &autoPGD{state: st}
	for _, n := range []*numbers{&m.step, &m.loss, &m.top, &m.lastTop, &m.rises, &m.halved} {
		*n = make(numbers, len(rows))
		st.scalars = append(st.scalars, n)
	}
	st.track(&m.g, &m.before, &m.best, &m.bestG)
	if err := torch.Do(func(s *torch.Scope) error { return m.start(s, a.Loss) }); err != nil {
		return err
	}
	ends := checkpoints(a.Steps)
	return st.each(a.Steps, func(s *torch.Scope, step int) error {
		m.move(s, step)
		if err := m.measure(s, a.Loss); err != nil || len(m.rows) == 0 {
			return err
		}
		if period, ok := ends[step+1]; ok {
			m.adapt(s, period)
		}
		return nil
	})
}

// start is at random on the ball's surface: in L-inf the largest component has length eps.
func (m *autoPGD) start(s *torch.Scope, loss Loss) error {
	d := m.random(s, Ball{m.Ball.Norm, 1})
	if m.Ball.Norm == Linf {
		d = s.Div(d, peaks(s, d))
	} else {
		d = s.Div(d, norms(s, d))
	}
	m.set(s, &m.x, m.Ball.project(s, s.Add(m.x0, s.Scale(d, m.Ball.reach(m.size()))), m.x0))
	for i := range m.step {
		m.step[i] = 2 * m.Ball.reach(m.size())
		m.top[i], m.lastTop[i] = math.Inf(-1), math.Inf(-1)
		m.halved[i] = 1
	}
	if err := m.measure(s, loss); err != nil || len(m.rows) == 0 {
		return err
	}
	m.set(s, &m.before, s.Clone(m.x))
	for i := range m.rises {
		m.rises[i], m.lastTop[i] = 0, m.top[i]
	}
	return nil
}

// measure takes loss and gradient at x, and keeps them where they are the best so far.
func (m *autoPGD) measure(s *torch.Scope, loss Loss) error {
	g, values, err := m.gradient(s, loss)
	if err != nil || len(m.rows) == 0 {
		return err
	}
	better := make([]float64, len(values))
	for i, v := range values {
		if v > m.loss[i] {
			m.rises[i]++
		}
		m.loss[i] = v
		if v > m.top[i] {
			m.top[i], better[i] = v, 1
		}
	}
	mask := s.Greater(column(s, better, m.X.Device()), 0)
	if !m.best.Defined() {
		m.best, m.bestG = m.keep.Clone(m.x), m.keep.Clone(g)
	}
	m.set(s, &m.best, s.Where(mask, m.x, m.best))
	m.set(s, &m.bestG, s.Where(mask, g, m.bestG))
	m.set(s, &m.g, s.Clone(g))
	return nil
}

// move is algorithm 1, lines 7 and 8: a step, mixed with the one before.
func (m *autoPGD) move(s *torch.Scope, step int) {
	const momentum = 0.75
	stepped := s.Add(m.x, s.Mul(m.Ball.ascent(s, m.g), column(s, m.step, m.X.Device())))
	next := m.Ball.project(s, stepped, m.x0)
	if step > 0 {
		next = s.Add(s.Scale(s.Sub(next, m.x), momentum), s.Scale(s.Sub(m.x, m.before), 1-momentum))
		next = m.Ball.project(s, s.Add(m.x, next), m.x0)
	}
	m.set(s, &m.before, s.Clone(m.x))
	m.set(s, &m.x, next)
}

// adapt is a checkpoint after a period of steps: where too few of them raised the loss, or the best did not change although
// the step is as it was, the step is halved and the search goes on from the best point (conditions 1 and 2).
func (m *autoPGD) adapt(s *torch.Scope, period int) {
	const rho = 0.75
	restart := make([]float64, len(m.rows))
	for i := range restart {
		few := m.rises[i] < rho*float64(period)
		stuck := m.halved[i] == 0 && m.top[i] == m.lastTop[i]
		m.halved[i] = 0
		if few || stuck {
			m.step[i] /= 2
			m.loss[i] = m.top[i]
			m.halved[i], restart[i] = 1, 1
		}
		m.lastTop[i], m.rises[i] = m.top[i], 0
	}
	mask := s.Greater(column(s, restart, m.X.Device()), 0)
	m.set(s, &m.x, s.Where(mask, m.best, m.x))
	m.set(s, &m.g, s.Where(mask, m.bestG, m.g))
}
