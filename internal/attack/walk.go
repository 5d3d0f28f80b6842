package attack

import (
	"errors"
	"fmt"
	"math/rand/v2"

	"herbarium/internal/random"
	"herbarium/internal/torch"
)

// walk is a batch of items on their way. Every attack has this shape: a point for each item moves, the judge says which
// points are adversarial, and those items are recorded and leave the batch.
type walk struct {
	*Problem
	attack  string
	restart int
	step    int // gradients taken so far
	// anywhere is set by attacks that look for the nearest adversarial image: until they are near, it is outside the ball.
	anywhere bool
	keep     *torch.Scope
	rows     []int // which items of the problem are still on their way
	aims     []aim
	x0, x    torch.Tensor // [n,3,H,W]: the items, and where they are
	// state are all tensors with a row for each item, x0 and x first; scalars are an attack's own numbers for each item.
	state   []*torch.Tensor
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

// newWalk starts at the items themselves; toward [items of the problem] are the classes to aim at, nil for none but
// the items' own targets.
func newWalk(p *Problem, attack string, restart int, rows []int, toward []int) (*walk, error) {
	w := &walk{Problem: p, attack: attack, restart: restart, rows: rows, keep: torch.NewScope()}
	for _, row := range rows {
		item := p.Items[row]
		a := aim{item.Label, item.Target, item.Target != NoTarget}
		if toward != nil {
			a.toward = toward[row]
		}
		w.aims = append(w.aims, a)
	}
	w.state = []*torch.Tensor{&w.x0, &w.x}
	err := torch.Do(func(s *torch.Scope) error {
		if p.sources == nil {
			p.sources = split(torch.Read[float32](s, p.X), len(p.Items))
		}
		w.set(s, &w.x0, s.IndexSelect(p.X, 0, w.index(s, rows)))
		w.set(s, &w.x, s.Clone(w.x0))
		return nil
	})
	if err != nil {
		w.close()
	}
	return w, err
}

func (w *walk) close() { w.keep.Close() }

// size is the number of values of an image.
func (w *walk) size() int {
	shape := w.X.Shape()
	return shape[1] * shape[2] * shape[3]
}

// track adds tensors to the state, each with a row for every item.
func (w *walk) track(tensors ...*torch.Tensor) { w.state = append(w.state, tensors...) }

// set gives a tensor of the state another value, which s owns.
func (w *walk) set(s *torch.Scope, to *torch.Tensor, value torch.Tensor) {
	old := *to
	if err := s.Move(w.keep, value); err != nil { // it is owned elsewhere: an operation that had nothing to do
		value = w.keep.Clone(value)
	}
	*to = value
	if old.Defined() {
		w.keep.Free(old)
	}
}

func (w *walk) index(s *torch.Scope, at []int) torch.Tensor {
	list := make([]int64, len(at))
	for i, k := range at {
		list[i] = int64(k)
	}
	return s.To(torch.From(s, []int{len(list)}, list), w.X.Device())
}

// generator is that of an item: a function of seed, attack, item, restart and further keys.
func (w *walk) generator(i int, keys ...uint64) *rand.Rand {
	keys = append([]uint64{random.Key(w.attack), w.Items[w.rows[i]].Key, uint64(w.restart)}, keys...)
	return random.New(w.Seed, keys...)
}

// random are values [n,3,H,W] in the ball around zero, a function of seed, attack, item and restart.
func (w *walk) random(s *torch.Scope, b Ball) torch.Tensor {
	all := make([]float32, len(w.rows)*w.size())
	for i, row := range split(all, len(w.rows)) {
		b.random(w.generator(i), row)
	}
	return s.To(torch.From(s, w.x.Shape(), all), w.X.Device())
}

// gradient is that of the loss at x, with the losses [n], for the items that stay.
func (w *walk) gradient(s *torch.Scope, loss Loss) (g torch.Tensor, values []float64, err error) {
	scores := make([][]float32, len(w.rows))
	v, g, err := w.Guide.Gradient(s, w.x, w.lossOf(loss, w.rows, w.aims, scores))
	if err != nil {
		return g, nil, err
	}
	n := len(w.rows) * w.Guide.Passes()
	w.Passes.Add(Passes{n, n})
	if w.step == 0 {
		w.noteZeros(s, g)
	}
	for _, v := range torch.Read[float32](s, v) {
		values = append(values, float64(v))
	}
	alive, err := w.record(s, scores)
	if err != nil || len(alive) == len(w.rows) {
		return g, values, err
	}
	if len(alive) > 0 {
		g, values = s.IndexSelect(g, 0, w.index(s, alive)), choose(values, alive)
	}
	return g, values, w.drop(s, alive)
}

// lossOf is a loss for [Model.Gradient]; it leaves the logits in scores. A net that answers at random is seen as it
// answered last.
func (p *Problem) lossOf(loss Loss, rows []int, aims []aim, scores [][]float32) LossOf {
	return func(s *torch.Scope, from int, logits torch.Tensor) (torch.Tensor, error) {
		to := from + logits.Shape()[0]
		z, err := p.scores(s, logits, rows[from:to])
		if err != nil {
			return logits, err
		}
		copy(scores[from:], z)
		return loss.values(s, logits, z, aims[from:to]), nil
	}
}

// look judges x without a gradient; finish is look for the last point. It returns the logits of the items that stay.
func (w *walk) look(s *torch.Scope) ([][]float32, error) {
	if len(w.rows) == 0 {
		return nil, nil
	}
	x, err := w.presented(s, nil)
	if err != nil {
		return nil, err
	}
	scores, err := w.ask(s, x, w.rows)
	if err != nil {
		return nil, err
	}
	alive, err := w.settle(s, nil, x, scores)
	if err != nil || len(alive) == len(w.rows) {
		return scores, err
	}
	return choose(scores, alive), w.drop(s, alive)
}

// ask gives the judge's logits of images of items.
func (w *walk) ask(s *torch.Scope, x torch.Tensor, rows []int) ([][]float32, error) {
	logits, err := w.Judge.Logits(s, x)
	if err != nil {
		return nil, err
	}
	w.Passes.Forward += len(rows) * w.Judge.Passes()
	return w.scores(s, logits, rows)
}

// record takes the guide's logits at x. Where the guide is the judge and images count as they are, that is the judgement;
// else the judge is asked about the images that the guide believes to be adversarial. It returns the items that stay.
func (w *walk) record(s *torch.Scope, scores [][]float32) (alive []int, err error) {
	defer func() { w.step++ }()
	var candidates []int
	for i, row := range w.rows {
		if w.broken(row, scores[i]) {
			candidates = append(candidates, i)
		}
	}
	if len(candidates) == 0 {
		return w.settle(s, candidates, torch.None, nil)
	}
	x, err := w.presented(s, candidates)
	if err != nil {
		return nil, err
	}
	if w.Guide == w.Judge && w.Judge.Passes() == 1 && !w.Quantize {
		return w.settle(s, candidates, x, choose(scores, candidates))
	}
	judged, err := w.ask(s, x, choose(w.rows, candidates))
	if err != nil {
		return nil, err
	}
	return w.settle(s, candidates, x, judged)
}

// presented are the images at x of some items, all if nil, as they would be stored.
func (w *walk) presented(s *torch.Scope, at []int) (torch.Tensor, error) {
	x, rows := w.x, w.rows
	if at != nil {
		x, rows = s.IndexSelect(x, 0, w.index(s, at)), choose(rows, at)
	}
	if !w.Quantize {
		return x, nil
	}
	images := torch.Read[float32](s, x)
	for i, image := range split(images, len(rows)) {
		w.Ball.quantize(image, w.sources[rows[i]])
	}
	return s.To(torch.From(s, x.Shape(), images), w.X.Device()), nil
}

// settle stores the images x of items (all if at is nil) that their logits show to be adversarial, after a check of ball
// and box. It returns the items that stay in the batch.
func (w *walk) settle(s *torch.Scope, at []int, x torch.Tensor, scores [][]float32) (alive []int, err error) {
	gone := map[int]bool{}
	var images [][]float32
	for i, z := range scores {
		k := i
		if at != nil {
			k = at[i]
		}
		row := w.rows[k]
		if !w.broken(row, z) {
			continue
		}
		if images == nil {
			images = split(torch.Read[float32](s, x), len(scores))
		}
		linf, l2, err := w.Ball.check(images[i], w.sources[row])
		if errors.Is(err, errOutside) && (w.anywhere || w.Quantize) { // a small ball may hold no image of 8 bits
			continue
		}
		if err != nil {
			return nil, &ItemError{w.Items[row].Name, err}
		}
		r := &w.Results[row]
		*r = Result{Broken: true, Image: images[i], Predicted: argmax(z), Linf: linf, L2: l2,
			Attack: w.attack, Eps: w.Ball.Eps, Step: w.step, Restart: w.restart}
		gone[k] = !w.AllSteps
	}
	for k := range w.rows {
		if !gone[k] {
			alive = append(alive, k)
		}
	}
	return alive, nil
}

// drop keeps only these of the items.
func (w *walk) drop(s *torch.Scope, alive []int) error {
	if len(alive) > 0 {
		index := w.index(s, alive)
		for _, t := range w.state {
			if t.Defined() {
				w.set(s, t, s.IndexSelect(*t, 0, index))
			}
		}
	}
	w.rows, w.aims = choose(w.rows, alive), choose(w.aims, alive)
	for _, d := range w.scalars {
		d.drop(alive)
	}
	return nil
}

// noteZeros marks items whose gradient is zero everywhere: an attack that follows gradients cannot see them.
func (w *walk) noteZeros(s *torch.Scope, g torch.Tensor) {
	for i, v := range torch.Read[float32](s, s.Reshape(peaks(s, g), -1)) {
		if v == 0 {
			w.ZeroGrad[w.rows[i]] = true
		}
	}
}

// each runs f once for every step until no item is left.
func (w *walk) each(steps int, f func(s *torch.Scope, step int) error) error {
	for step := range steps {
		if len(w.rows) == 0 {
			return nil
		}
		if err := torch.Do(func(s *torch.Scope) error { return f(s, step) }); err != nil {
			return fmt.Errorf("%s, step %d: %w", w.attack, step+1, err)
		}
	}
	return nil
}
