package attack

import (
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
	x0, x    torch.Tensor // [n,C,H,W]: the items, and their images so far
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

// random are values [n,C,H,W] in the ball around zero, a function of seed, attack, item and restart.
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
