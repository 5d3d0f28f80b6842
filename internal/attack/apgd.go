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

// autoPGD is one restart: the gradient at each item's point, the point before, and the best point with its gradient. Its
// numbers are on the device, [n,1,1,1] each, so that the host need not wait for them.
type autoPGD struct {
	*state
	g, before, best, bestG torch.Tensor

	step               torch.Tensor // lengths of steps
	loss, top, lastTop torch.Tensor // at x; the largest; and that at the last checkpoint
	rises              torch.Tensor // steps since the last checkpoint that raised the loss
	halved             torch.Tensor // 1: the step was halved at the last checkpoint
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
	st.beLazy()
	m := &autoPGD{state: st}
	if err := torch.Do(func(s *torch.Scope) error { return m.start(s, a.Loss) }); err != nil {
		return err
	}
	ends := checkpoints(a.Steps)
	err = st.each(a.Steps, func(s *torch.Scope, step int) error {
		m.move(s, step)
		if step == a.Steps-1 { // nothing follows its gradient
			_, err := st.evaluate(s)
			return err
		}
		if err := m.measure(s, a.Loss); err != nil || len(m.rows) == 0 {
			return err
		}
		if period, ok := ends[step+1]; ok {
			m.adapt(s, period)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return st.finish()
}

// start is at random on the ball's surface: in L-inf the largest component has length eps.
func (m *autoPGD) start(s *torch.Scope, loss Loss) error {
	d := m.random(s, Ball{m.Ball.Norm, 1})
	if m.Ball.Norm == Linf {
		d = s.Div(d, peaks(s, d))
	} else {
		d = s.Div(d, norms(s, d))
	}
	m.set(s, &m.x, m.within(s, s.Add(m.x0, s.Scale(d, m.Ball.reach(m.size())))))
	g, values, err := m.gradient(s, loss)
	if err != nil || len(m.rows) == 0 {
		return err
	}
	all := func(v float64) torch.Tensor { return s.Full([]int{len(m.rows), 1, 1, 1}, v, torch.F32, m.X.Device()) }
	values = column(s, values)
	for _, t := range []struct {
		to    *torch.Tensor
		value torch.Tensor
	}{
		{&m.g, g}, {&m.before, s.Clone(m.x)}, {&m.best, s.Clone(m.x)}, {&m.bestG, s.Clone(g)},
		{&m.step, all(2 * m.Ball.reach(m.size()))}, {&m.loss, s.Clone(values)}, {&m.top, s.Clone(values)}, {&m.lastTop, s.Clone(values)},
		{&m.rises, all(0)}, {&m.halved, all(1)},
	} {
		m.set(s, t.to, t.value)
		m.track(t.to)
	}
	return nil
}

// measure takes loss and gradient at x, and keeps them where they are the best so far.
func (m *autoPGD) measure(s *torch.Scope, loss Loss) error {
	g, values, err := m.gradient(s, loss)
	if err != nil || len(m.rows) == 0 {
		return err
	}
	values = column(s, values)
	m.set(s, &m.rises, s.Add(m.rises, s.Cast(s.Greater(s.Sub(values, m.loss), 0), torch.F32)))
	better := s.Greater(s.Sub(values, m.top), 0)
	m.set(s, &m.best, s.Where(better, m.x, m.best))
	m.set(s, &m.bestG, s.Where(better, g, m.bestG))
	m.set(s, &m.top, s.Maximum(values, m.top))
	m.set(s, &m.loss, s.Clone(values))
	m.set(s, &m.g, g)
	return nil
}

// move is algorithm 1, lines 7 and 8: a step, mixed with the one before.
func (m *autoPGD) move(s *torch.Scope, step int) {
	const momentum = 0.75
	next := m.Ball.ascent(s, m.g)
	s.MulInPlace(next, m.step)
	s.AddScaled(next, m.x, 1)
	next = m.within(s, next)
	if step > 0 { // x + momentum (next - x) + (1 - momentum) (x - before)
		s.ScaleInPlace(next, momentum)
		s.AddScaled(next, m.x, 2*(1-momentum))
		s.AddScaled(next, m.before, momentum-1)
		next = m.within(s, next)
	}
	m.before, m.x = m.x, m.before
	m.set(s, &m.x, next)
}

// adapt is a checkpoint after a period of steps: where too few of them raised the loss, or the best did not change although
// the step is as it was, the step is halved and the search goes on from the best point (conditions 1 and 2).
func (m *autoPGD) adapt(s *torch.Scope, period int) {
	const rho = 0.75
	few := s.Cast(s.LessEqual(m.rises, math.Ceil(rho*float64(period))-1), torch.F32)
	stuck := s.Mul(s.Cast(s.Equal(m.halved, 0), torch.F32), s.Cast(s.Equal(s.Sub(m.top, m.lastTop), 0), torch.F32))
	halve := s.Maximum(few, stuck)
	again := s.Greater(halve, 0)
	m.set(s, &m.step, s.Mul(m.step, s.AddScalar(s.Scale(halve, -0.5), 1)))
	m.set(s, &m.loss, s.Where(again, m.top, m.loss))
	m.set(s, &m.halved, halve)
	m.set(s, &m.lastTop, s.Clone(m.top))
	m.set(s, &m.rises, s.Scale(m.rises, 0))
	m.set(s, &m.x, s.Where(again, m.best, m.x))
	m.set(s, &m.g, s.Where(again, m.bestG, m.g))
}
