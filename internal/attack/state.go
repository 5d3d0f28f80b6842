package attack

import (
	"errors"
	"fmt"
	"math/rand/v2"

	"herbarium/internal/random"
	"herbarium/internal/torch"
)

// state is where an attack stands with a batch of items. Every attack has this shape: an image for each item moves, the
// model under attack says which of them are adversarial, and those items are recorded and leave the batch.
type state struct {
	*Problem
	attack  string
	restart int
	step    int // gradients taken so far
	// anywhere lets images be outside the ball: attacks set it that look for the nearest adversarial image, and come into the
	// ball last.
	anywhere bool
	keep     *torch.Scope
	rows     []int // the items of the problem that are still attacked
	targets  []target
	x0, x    torch.Tensor // [n,3,H,W]: the items, and their images so far
	// tensors are all tensors with a row for each item, x0 and x first; scalars are an attack's own numbers for each item.
	tensors []*torch.Tensor
	scalars []dropper
}

// dropper is a list of numbers, one for each item, that shrinks with the batch.
type dropper interface{ drop(alive []int) }

type numbers []float64

func (n *numbers) drop(alive []int) { *n = choose(*n, alive) }

func choose[T any](all []T, at []int) []T {
	out := make([]T, len(at))
	for i, k := range at {
		out[i] = all[k]
	}
	return out
}

// newState starts at the items themselves; toward [items of the problem] are the classes to raise, nil for none but
// the items' own targets.
func newState(p *Problem, attack string, restart int, rows []int, toward []int) (*state, error) {
	st := &state{Problem: p, attack: attack, restart: restart, rows: rows, keep: torch.NewScope()}
	for _, row := range rows {
		item := p.Items[row]
		a := target{item.Label, item.Target, item.Target != NoTarget}
		if toward != nil {
			a.toward = toward[row]
		}
		st.targets = append(st.targets, a)
	}
	st.tensors = []*torch.Tensor{&st.x0, &st.x}
	err := torch.Do(func(s *torch.Scope) error {
		if p.sources == nil {
			p.sources = split(torch.Read[float32](s, p.X), len(p.Items))
		}
		st.set(s, &st.x0, s.IndexSelect(p.X, 0, st.index(s, rows)))
		st.set(s, &st.x, s.Clone(st.x0))
		return nil
	})
	if err != nil {
		st.close()
	}
	return st, err
}

func (st *state) close() { st.keep.Close() }

// size is the number of values of an image.
func (st *state) size() int {
	shape := st.X.Shape()
	return shape[1] * shape[2] * shape[3]
}

// track names further tensors with a row for every item, which shrink with the batch.
func (st *state) track(tensors ...*torch.Tensor) { st.tensors = append(st.tensors, tensors...) }

// set gives a tensor another value, which s owns.
func (st *state) set(s *torch.Scope, to *torch.Tensor, value torch.Tensor) {
	old := *to
	if err := s.Move(st.keep, value); err != nil { // it is owned elsewhere: an operation that had nothing to do
		value = st.keep.Clone(value)
	}
	*to = value
	if old.Defined() {
		st.keep.Free(old)
	}
}

func (st *state) index(s *torch.Scope, at []int) torch.Tensor {
	list := make([]int64, len(at))
	for i, k := range at {
		list[i] = int64(k)
	}
	return s.To(torch.From(s, []int{len(list)}, list), st.X.Device())
}

// generator is that of an item: a function of seed, attack, item, restart and further keys.
func (st *state) generator(i int, keys ...uint64) *rand.Rand {
	keys = append([]uint64{random.Key(st.attack), st.Items[st.rows[i]].Key, uint64(st.restart)}, keys...)
	return random.New(st.Seed, keys...)
}

// random are values [n,3,H,W] in the ball around zero, a function of seed, attack, item and restart.
func (st *state) random(s *torch.Scope, b Ball) torch.Tensor {
	all := make([]float32, len(st.rows)*st.size())
	for i, row := range split(all, len(st.rows)) {
		b.Random(st.generator(i), row)
	}
	return s.To(torch.From(s, st.x.Shape(), all), st.X.Device())
}

// gradient is that of the loss at x, with the losses [n], for the items that stay.
func (st *state) gradient(s *torch.Scope, loss Loss) (g torch.Tensor, values []float64, err error) {
	scores := make([][]float32, len(st.rows))
	v, g, err := st.Surrogate.Gradient(s, st.x, st.lossOf(loss, st.rows, st.targets, scores))
	if err != nil {
		return g, nil, err
	}
	n := len(st.rows) * st.Surrogate.Passes()
	st.Passes.Add(Passes{n, n})
	if st.step == 0 {
		st.noteZeros(s, g)
	}
	for _, v := range torch.Read[float32](s, v) {
		values = append(values, float64(v))
	}
	alive, err := st.record(s, scores)
	if err != nil || len(alive) == len(st.rows) {
		return g, values, err
	}
	if len(alive) > 0 {
		g, values = s.IndexSelect(g, 0, st.index(s, alive)), choose(values, alive)
	}
	return g, values, st.drop(s, alive)
}

// lossOf is a loss for [Model.Gradient]; it leaves the logits in scores. A net that answers at random is seen as it
// answered last.
func (p *Problem) lossOf(loss Loss, rows []int, targets []target, scores [][]float32) LossOf {
	return func(s *torch.Scope, from int, logits torch.Tensor) (torch.Tensor, error) {
		to := from + logits.Shape()[0]
		z, err := p.scores(s, logits, rows[from:to])
		if err != nil {
			return logits, err
		}
		copy(scores[from:], z)
		return loss.values(s, logits, z, targets[from:to]), nil
	}
}

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

// drop keeps only these of the items.
func (st *state) drop(s *torch.Scope, alive []int) error {
	if len(alive) > 0 {
		index := st.index(s, alive)
		for _, t := range st.tensors {
			if t.Defined() {
				st.set(s, t, s.IndexSelect(*t, 0, index))
			}
		}
	}
	st.rows, st.targets = choose(st.rows, alive), choose(st.targets, alive)
	for _, d := range st.scalars {
		d.drop(alive)
	}
	return nil
}

// noteZeros marks items whose gradient is zero everywhere: an attack that follows gradients cannot see them.
func (st *state) noteZeros(s *torch.Scope, g torch.Tensor) {
	for i, v := range torch.Read[float32](s, s.Reshape(peaks(s, g), -1)) {
		if v == 0 {
			st.ZeroGrad[st.rows[i]] = true
		}
	}
}

// each runs f once for every step until no item is left.
func (st *state) each(steps int, f func(s *torch.Scope, step int) error) error {
	for step := range steps {
		if len(st.rows) == 0 {
			return nil
		}
		if err := torch.Do(func(s *torch.Scope) error { return f(s, step) }); err != nil {
			return fmt.Errorf("%s, step %d: %w", st.attack, step+1, err)
		}
	}
	return nil
}
