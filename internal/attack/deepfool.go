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
		st.set(s, &st.x, next)
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
func (st *state) nearest(s *torch.Scope, rivals int) (torch.Tensor, error) {
	n := len(st.rows)
	var best, shortest torch.Tensor
	for k := range rivals {
		aims := st.aims
		if !aims.goal {
			toward := make([]int64, n)
			for i, row := range st.rows {
				toward[i] = int64(rival(st.Clean[row], st.targets[i].label, k))
			}
			aims.toward = s.To(torch.From(s, []int{n, 1}, toward), st.X.Device())
		}
		seen := newAnswers(s)
		lead, g, err := st.Surrogate.Gradient(s, st.x, seen.lossOf(Margin, aims))
		if err != nil {
			return best, err
		}
		if _, err := st.scores(s, seen.logits(), st.rows); err != nil {
			return best, err
		}
		st.Passes.Add(Passes{n * st.Surrogate.Passes(), n * st.Surrogate.Passes()})
		d, length := newPlane(s, st.Ball.Norm, g).step(s, st.x, column(s, lead))
		if k == 0 {
			best, shortest = d, length
		} else {
			shorter := s.Greater(s.Sub(shortest, length), 0)
			best, shortest = s.Where(shorter, d, best), s.Minimum(shortest, length)
		}
		if aims.goal {
			break
		}
	}
	s.ScaleInPlace(best, 1+deepFoolOvershoot)
	s.AddScaled(best, st.x, 1)
	return s.Clamp(best, 0, 1), nil
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
