package attack

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

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
	aims     aims         // the targets on the device
	x0, x    torch.Tensor // [n,C,H,W], channels last as nets prefer it: the items, and their images so far
	// low, high are the ends of ball and box in L-inf, made when first needed.
	low, high torch.Tensor
	// lazy says that the host need not know at every step what is adversarial; found collects it on the device until then.
	lazy  bool
	found found
	// tensors are all tensors with a row for each item; dropped is told, if set, which items stay.
	tensors []*torch.Tensor
	dropped func(alive []int)
}

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
	st.tensors = []*torch.Tensor{&st.x0, &st.x, &st.aims.label, &st.aims.toward, &st.low, &st.high}
	err := torch.Do(func(s *torch.Scope) error {
		if p.sources == nil {
			p.sources = split(torch.Read[float32](s, p.X), len(p.Items))
		}
		st.set(s, &st.x0, s.ChannelsLast(s.IndexSelect(p.X, 0, st.index(s, rows))))
		st.set(s, &st.x, s.Clone(st.x0))
		a := newAims(s, st.targets, p.X.Device())
		st.aims.goal = a.goal
		st.set(s, &st.aims.label, a.label)
		if a.toward.Defined() {
			st.set(s, &st.aims.toward, a.toward)
		}
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
	return st.upload(s, all)
}

// within is the point of ball and box that is nearest to images of the items.
func (st *state) within(s *torch.Scope, x torch.Tensor) torch.Tensor {
	if st.Ball.Norm != Linf {
		return st.Ball.project(s, x, st.x0)
	}
	if !st.low.Defined() {
		st.set(s, &st.low, s.Clamp(s.AddScalar(st.x0, -st.Ball.Eps), 0, 1))
		st.set(s, &st.high, s.Clamp(s.AddScalar(st.x0, st.Ball.Eps), 0, 1))
	}
	return s.Minimum(s.Maximum(x, st.low), st.high)
}

// upload brings images of all items of the batch to the device.
func (st *state) upload(s *torch.Scope, all []float32) torch.Tensor {
	return s.ChannelsLast(s.To(torch.From(s, st.x.Shape(), all), st.X.Device()))
}

// gradient is that of the loss at x, with the losses [n], for the items that stay.
func (st *state) gradient(s *torch.Scope, loss Loss) (g, values torch.Tensor, err error) {
	seen := newAnswers(s)
	values, g, err = st.Surrogate.Gradient(s, st.x, seen.lossOf(loss, st.aims))
	if err != nil {
		return g, values, err
	}
	n := len(st.rows) * st.Surrogate.Passes()
	st.Passes.Add(Passes{n, n})
	if st.step == 0 {
		st.noteZeros(s, g)
	}
	alive, err := st.record(s, seen.logits())
	if err != nil || len(alive) == len(st.rows) {
		return g, values, err
	}
	if len(alive) > 0 {
		index := st.index(s, alive)
		g, values = pick(s, g, index), s.IndexSelect(values, 0, index)
	}
	return g, values, st.drop(s, alive)
}

// answers are the logits that a model gave on the way to a gradient. A net that answers at random is seen as it answered last.
type answers struct {
	scope *torch.Scope
	parts map[int]torch.Tensor // by the first item
}

func newAnswers(s *torch.Scope) *answers { return &answers{s, map[int]torch.Tensor{}} }

// lossOf is a loss for [Model.Gradient] that keeps the logits.
func (a *answers) lossOf(loss Loss, all aims) LossOf {
	return func(s *torch.Scope, from int, logits torch.Tensor) (torch.Tensor, error) {
		shape := logits.Shape()
		if len(shape) != 2 {
			return logits, errShape(shape)
		}
		kept := s.Detach(logits)
		a.parts[from] = kept
		if err := s.Move(a.scope, kept); err != nil {
			return logits, err
		}
		return loss.values(s, logits, all.part(s, from, shape[0])), nil
	}
}

// logits are those of all items, [n,K].
func (a *answers) logits() torch.Tensor {
	var list []torch.Tensor
	for _, from := range slices.Sorted(maps.Keys(a.parts)) {
		list = append(list, a.parts[from])
	}
	if len(list) == 1 {
		return list[0]
	}
	return a.scope.Cat(0, list...)
}

// pick are some items of t [n,...]; maps, with their channels last, are copied item by item.
func pick(s *torch.Scope, t, index torch.Tensor) torch.Tensor {
	if len(t.Shape()) != 4 {
		return s.IndexSelect(t, 0, index)
	}
	return s.Permute(s.IndexSelect(s.Permute(t, 0, 2, 3, 1), 0, index), 0, 3, 1, 2)
}

// drop keeps only these of the items.
func (st *state) drop(s *torch.Scope, alive []int) error {
	if len(alive) > 0 {
		index := st.index(s, alive)
		for _, t := range st.tensors {
			if !t.Defined() {
				continue
			}
			st.set(s, t, pick(s, *t, index))
		}
	}
	st.rows, st.targets = choose(st.rows, alive), choose(st.targets, alive)
	if st.dropped != nil {
		st.dropped(alive)
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

// finish records what the host has not looked at yet.
func (st *state) finish() error {
	if !st.found.images.Defined() {
		return nil
	}
	return torch.Do(func(s *torch.Scope) error {
		_, err := st.look(s)
		return err
	})
}
