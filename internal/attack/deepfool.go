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
	w, err := newWalk(p, a.Name(), 0, rows, nil)
	if err != nil {
		return err
	}
	defer w.close()
	w.anywhere = true
	rivals := min(max(a.Classes, 1), len(p.Clean[0])-1)
	return w.each(a.Steps, func(s *torch.Scope, _ int) error {
		next, err := w.nearest(s, rivals)
		if err != nil {
			return err
		}
		var all []float32
		for _, x := range next {
			all = append(all, x...)
		}
		w.set(s, &w.x, s.To(torch.From(s, w.x.Shape(), all), w.X.Device()))
		scores, err := w.look(s)
		w.step++
		if err != nil {
			return err
		}
		var alive []int // what is adversarial by now but too far away has failed
		for i, row := range w.rows {
			if !w.broken(row, scores[i]) {
				alive = append(alive, i)
			}
		}
		return w.drop(s, alive)
	})
}

// nearest is each item's point moved to the nearest of its boundaries.
func (w *walk) nearest(s *torch.Scope, rivals int) ([][]float32, error) {
	n := len(w.rows)
	x := split(torch.Read[float32](s, w.x), n)
	best := make([][]float32, n)
	length := make([]float64, n)
	for k := range rivals {
		aims := make([]aim, n)
		for i, row := range w.rows {
			aims[i] = w.aims[i]
			if !aims[i].goal {
				aims[i].toward = rival(w.Clean[row], w.aims[i].label, k)
			}
		}
		v, g, err := w.Guide.Gradient(s, w.x, w.lossOf(Margin, w.rows, aims, make([][]float32, n)))
		if err != nil {
			return nil, err
		}
		w.Passes.Add(Passes{n * w.Guide.Passes(), n * w.Guide.Passes()})
		values := torch.Read[float32](s, v)
		for i, normal := range split(torch.Read[float32](s, g), n) {
			d := hyperplane{float64(values[i]), normal}.step(w.Ball.Norm, x[i])
			long := w.Ball.Norm.of(distances(d, make([]float32, len(d))))
			if best[i] == nil || long < length[i] {
				best[i], length[i] = d, long
			}
		}
		if w.aims[0].goal {
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
