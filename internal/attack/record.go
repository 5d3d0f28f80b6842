package attack

import (
	"errors"

	"herbarium/internal/torch"
)

// evaluate asks the model about x without a gradient, as after the last step. It returns the logits of the items that
// stay; nil if the host does not look at every step.
func (st *state) evaluate(s *torch.Scope) ([][]float32, error) {
	if len(st.rows) == 0 {
		return nil, nil
	}
	x, err := st.presented(s, nil)
	if err != nil {
		return nil, err
	}
	if st.lazy {
		logits, err := st.Model.Logits(s, x)
		if err != nil {
			return nil, err
		}
		st.Passes.Forward += len(st.rows)
		alive, err := st.note(s, logits)
		if err != nil || len(alive) == len(st.rows) {
			return nil, err
		}
		return nil, st.drop(s, alive)
	}
	scores, err := st.classify(s, x, st.rows)
	if err != nil {
		return nil, err
	}
	alive, err := st.settle(s, nil, x, scores)
	if err != nil || len(alive) == len(st.rows) {
		return scores, err
	}
	return choose(scores, alive), st.drop(s, alive)
}

// classify gives the logits of images of items under the model that is attacked.
func (st *state) classify(s *torch.Scope, x torch.Tensor, rows []int) ([][]float32, error) {
	logits, err := st.Model.Logits(s, x)
	if err != nil {
		return nil, err
	}
	st.Passes.Forward += len(rows) * st.Model.Passes()
	return st.scores(s, logits, rows)
}

// record takes the surrogate's logits [n,K] at x. Where the surrogate is the model itself and images count as they are, these
// decide; else the model is asked about the images that are adversarial to the surrogate. It returns the items that stay.
func (st *state) record(s *torch.Scope, logits torch.Tensor) (alive []int, err error) {
	defer func() { st.step++ }()
	if st.lazy {
		return st.note(s, logits)
	}
	scores, err := st.scores(s, logits, st.rows)
	if err != nil {
		return nil, err
	}
	var candidates []int
	for i, row := range st.rows {
		if st.broken(row, scores[i]) {
			candidates = append(candidates, i)
		}
	}
	if len(candidates) == 0 {
		return st.settle(s, candidates, torch.None, nil)
	}
	x, err := st.presented(s, candidates)
	if err != nil {
		return nil, err
	}
	if st.direct() {
		return st.settle(s, candidates, x, choose(scores, candidates))
	}
	answers, err := st.classify(s, x, choose(st.rows, candidates))
	if err != nil {
		return nil, err
	}
	return st.settle(s, candidates, x, answers)
}

// direct says that what gives the gradient also decides what is adversarial, by the same answer.
func (st *state) direct() bool {
	return st.Surrogate == st.Model && st.Model.Passes() == 1 && !st.Quantize
}

// presented are the images at x of some items, all if nil, as they would be stored.
func (st *state) presented(s *torch.Scope, at []int) (torch.Tensor, error) {
	x, rows := st.x, st.rows
	if at != nil {
		x, rows = pick(s, x, st.index(s, at)), choose(rows, at)
	}
	if !st.Quantize {
		return x, nil
	}
	images := torch.Read[float32](s, x)
	for i, image := range split(images, len(rows)) {
		st.Ball.quantize(image, st.sources[rows[i]])
	}
	return s.To(torch.From(s, x.Shape(), images), st.X.Device()), nil
}

// settle stores the images x of items (all if at is nil) that their logits show to be adversarial, after a check of ball
// and box. It returns the items that stay in the batch.
func (st *state) settle(s *torch.Scope, at []int, x torch.Tensor, scores [][]float32) (alive []int, err error) {
	near := func(int) bool { return true }
	if st.anywhere && !st.Quantize && len(scores) > 0 {
		near = st.near(s)
	}
	gone := map[int]bool{}
	var broken []int // of those at x
	for i, z := range scores {
		k := i
		if at != nil {
			k = at[i]
		}
		if st.broken(st.rows[k], z) && near(k) {
			broken = append(broken, i)
		}
	}
	if len(broken) > 0 && len(broken) < len(scores) {
		x = pick(s, x, st.index(s, broken))
	}
	var images [][]float32
	if len(broken) > 0 {
		images = split(torch.Read[float32](s, x), len(broken))
	}
	for j, i := range broken {
		k := i
		if at != nil {
			k = at[i]
		}
		ok, err := st.keepResult(st.rows[k], images[j], argmax(scores[i]), st.step)
		if err != nil {
			return nil, err
		}
		gone[k] = ok && !st.AllSteps
	}
	for k := range st.rows {
		if !gone[k] {
			alive = append(alive, k)
		}
	}
	return alive, nil
}

// near tells which items' images could be in the ball, by float32.
func (st *state) near(s *torch.Scope) func(k int) bool {
	d := s.Sub(st.x, st.x0)
	if st.Ball.Norm == Linf {
		d = peaks(s, d)
	} else {
		d = norms(s, d)
	}
	distance := torch.Read[float32](s, s.Reshape(d, -1))
	return func(k int) bool { return float64(distance[k]) <= 1.0001*st.Ball.Eps+1e-5 }
}

// keepResult stores an adversarial image, after a check of ball and box. It is not ok where an image may be outside and is.
func (st *state) keepResult(row int, image []float32, class, step int) (ok bool, err error) {
	linf, l2, err := st.Ball.check(image, st.sources[row])
	if errors.Is(err, errOutside) && (st.anywhere || st.Quantize) { // a small ball may hold no image of 8 bits
		return false, nil
	}
	if err != nil {
		return false, &ItemError{st.Items[row].Name, err}
	}
	st.Results[row] = Result{Broken: true, Image: image, Predicted: class, Linf: linf, L2: l2,
		Attack: st.attack, Eps: st.Ball.Eps, Step: step, Restart: st.restart}
	return true, nil
}
