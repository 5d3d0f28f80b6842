package attack

import (
	"errors"

	"herbarium/internal/torch"
)

// evaluate asks the model about x without a gradient, as after the last step. It returns the logits of the items that
// stay.
func (st *state) evaluate(s *torch.Scope) ([][]float32, error) {
	if len(st.rows) == 0 {
		return nil, nil
	}
	x, err := st.presented(s, nil)
	if err != nil {
		return nil, err
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

// record takes the surrogate's logits at x. Where the surrogate is the model itself and images count as they are, these
// decide; else the model is asked about the images that are adversarial to the surrogate. It returns the items that stay.
func (st *state) record(s *torch.Scope, scores [][]float32) (alive []int, err error) {
	defer func() { st.step++ }()
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
	if st.Surrogate == st.Model && st.Model.Passes() == 1 && !st.Quantize {
		return st.settle(s, candidates, x, choose(scores, candidates))
	}
	answers, err := st.classify(s, x, choose(st.rows, candidates))
	if err != nil {
		return nil, err
	}
	return st.settle(s, candidates, x, answers)
}

// presented are the images at x of some items, all if nil, as they would be stored.
func (st *state) presented(s *torch.Scope, at []int) (torch.Tensor, error) {
	x, rows := st.x, st.rows
	if at != nil {
		x, rows = s.IndexSelect(x, 0, st.index(s, at)), choose(rows, at)
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
	gone := map[int]bool{}
	var images [][]float32
	for i, z := range scores {
		k := i
		if at != nil {
			k = at[i]
		}
		row := st.rows[k]
		if !st.broken(row, z) {
			continue
		}
		if images == nil {
			images = split(torch.Read[float32](s, x), len(scores))
		}
		linf, l2, err := st.Ball.check(images[i], st.sources[row])
		if errors.Is(err, errOutside) && (st.anywhere || st.Quantize) { // a small ball may hold no image of 8 bits
			continue
		}
		if err != nil {
			return nil, &ItemError{st.Items[row].Name, err}
		}
		r := &st.Results[row]
		*r = Result{Broken: true, Image: images[i], Predicted: argmax(z), Linf: linf, L2: l2,
			Attack: st.attack, Eps: st.Ball.Eps, Step: st.step, Restart: st.restart}
		gone[k] = !st.AllSteps
	}
	for k := range st.rows {
		if !gone[k] {
			alive = append(alive, k)
		}
	}
	return alive, nil
}
