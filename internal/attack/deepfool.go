package attack

import "herbarium/internal/torch"

// DeepFool steps to the nearest of the linearized boundaries until the class changes (Moosavi-Dezfooli et al. 2016,
// algorithm 2, and eq. 10 for L-inf), within the box. It finds small perturbations, not the smallest.
type DeepFool struct {
	Steps   int
	Classes int // how many of the likeliest other classes compete
}

// deepFoolOvershoot is the paper's eta: a little beyond the boundary.
const deepFoolOvershoot = 0.02

// Name implements [Attack].
func (DeepFool) Name() string { return "deepfool" }

// Run implements [Attack].
func (a DeepFool) Run(p *Problem, rows []int) error {
	if len(rows) == 0 {
		return nil
	}
	st, err := newState(p, a.Name(), 0, rows, nil)
	if err != nil {
		return err
	}
	defer st.close()
	st.anywhere = true
	rivals := min(max(a.Classes, 1), len(p.Clean[0])-1)
	return st.each(a.Steps, func(s *torch.Scope, _ int) error {
		next, err := st.nearest(s, rivals)
		if err != nil {
			return err
		}
		var all []float32
		for _, x := range next {
			all = append(all, x...)
		}
		st.set(s, &st.x, s.To(torch.From(s, st.x.Shape(), all), st.X.Device()))
		scores, err := st.evaluate(s)
		st.step++
		if err != nil {
			return err
		}
		var alive []int // what is adversarial by now but too far away has failed
		for i, row := range st.rows {
			if !st.broken(row, scores[i]) {
				alive = append(alive, i)
			}
		}
		return st.drop(s, alive)
	})
}

// nearest is each item's point moved to the nearest of its boundaries.
func (st *state) nearest(s *torch.Scope, rivals int) ([][]float32, error) {
	n := len(st.rows)
	x := split(torch.Read[float32](s, st.x), n)
	best := make([][]float32, n)
	length := make([]float64, n)
	for k := range rivals {
		targets := make([]target, n)
		for i, row := range st.rows {
			targets[i] = st.targets[i]
			if !targets[i].goal {
				targets[i].toward = rival(st.Clean[row], st.targets[i].label, k)
			}
		}
		v, g, err := st.Surrogate.Gradient(s, st.x, st.lossOf(Margin, st.rows, targets, make([][]float32, n)))
		if err != nil {
			return nil, err
		}
		st.Passes.Add(Passes{n * st.Surrogate.Passes(), n * st.Surrogate.Passes()})
		values := torch.Read[float32](s, v)
		for i, normal := range split(torch.Read[float32](s, g), n) {
			d := hyperplane{float64(values[i]), normal}.step(st.Ball.Norm, x[i])
			long := st.Ball.Norm.of(distances(d, make([]float32, len(d))))
			if best[i] == nil || long < length[i] {
				best[i], length[i] = d, long
			}
		}
		if st.targets[0].goal {
			break
		}
	}
	for i, d := range best {
		for j, v := range d {
			d[j] = clip(float64(x[i][j]) + (1+deepFoolOvershoot)*float64(v))
		}
	}
	return best, nil
}

// rival is the k-th likeliest class but one.
func rival(z []float32, but, k int) int {
	for _, class := range ranked(z) {
		if class == but {
			continue
		}
		if k == 0 {
			return class
		}
		k--
	}
	return but
}
