package fit

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"herbarium/format"
	"herbarium/internal/net"
	"herbarium/internal/optimize"
	"herbarium/internal/random"
	"herbarium/internal/torch"
)

// Train fits the net to the photos and returns its history. The loss is the cross-entropy of the logits, or of a net
// with several heads (graph.Heads) the sum of theirs. Each epoch sees them in an order of its own and leaves out
// the remainder that fills no batch. val may be nil. A loss that is no longer a number is an error.
//
// All random numbers are functions of the seed and of epoch, step or photo: training that goes on from a saved State
// ends with the same bytes as training that was never interrupted.
func Train(n *net.Net, logits string, train, val *Set, c Config, w Watch) ([]Epoch, error) {
	t := &trainer{Config: c, net: n, logits: logits, train: train, val: val, keep: torch.NewScope()}
	defer t.keep.Close()
	if err := t.prepare(); err != nil {
		return nil, err
	}
	if w.Resume != nil {
		if err := t.restore(w.Resume); err != nil {
			return nil, err
		}
	}
	saving := saving{last: time.Now()}
	for t.Steps < t.total {
		step, err := t.step()
		if err != nil {
			return nil, fmt.Errorf("epoch %d, step %d: %w", step.Epoch, (t.Steps%t.perEpoch)+1, err)
		}
		if w.Step != nil {
			w.Step(step)
		}
		ended := t.Steps%t.perEpoch == 0
		if ended {
			if err := t.endEpoch(); err != nil {
				return nil, fmt.Errorf("epoch %d: %w", step.Epoch, err)
			}
		}
		if w.Save != nil && (saving.due(ended) || t.Steps == t.total) {
			err := saving.clock(func() error {
				state, err := t.state()
				if err != nil {
					return err
				}
				return w.Save(state)
			})
			if err != nil {
				return nil, err
			}
		}
	}
	if t.best != nil {
		t.History[t.Kept-1].Kept = true
		if err := n.Import(t.best); err != nil {
			return nil, err
		}
	}
	return t.History, nil
}

// trainer is training under way.
type trainer struct {
	Config
	Progress
	net        *net.Net
	logits     string
	heads      []string // the logits last
	train, val *Set
	keep       *torch.Scope
	params     []net.Param
	values     []torch.Tensor
	optimizer  optimize.Optimizer
	schedule   optimize.Schedule
	weights    torch.Tensor // of the classes [K]; None is all 1
	batch      int
	perEpoch   int // steps
	total      int // steps
	order      []int
	ahead      chan pixelsRead // the next step's photos
	best       map[string]format.Tensor
}

// prepare sets up what the steps need.
func (t *trainer) prepare() error {
	t.heads = headsOf(t.net.Graph, t.logits)
	needed, err := t.net.Graph.Slice(t.heads...)
	if err != nil {
		return err
	}
	used := map[string]bool{}
	for _, node := range needed.Nodes {
		used[node.Name] = !t.Frozen[node.Name]
	}
	var variables []optimize.Variable
	for _, p := range t.net.Trainable() {
		if !used[p.Node] {
			continue
		}
		v := optimize.Variable{Value: p.Value}
		if p.Decay {
			v.Decay = t.Decay
		}
		variables = append(variables, v)
		t.params, t.values = append(t.params, p), append(t.values, p.Value)
	}
	if len(t.params) == 0 {
		return errors.New("all of the net is frozen: nothing is left to train")
	}
	t.batch = min(t.Batch, t.train.Len())
	t.perEpoch = t.train.Len() / t.batch
	t.total = t.perEpoch * t.Epochs
	t.schedule = optimize.Schedule{Peak: t.Rate, WarmUp: int(t.WarmUp * float64(t.total)), Total: t.total}
	return torch.Do(func(s *torch.Scope) error {
		if t.Balance {
			w := t.train.Balance()
			t.weights = t.keep.To(torch.From(t.keep, []int{len(w)}, w), t.net.Device())
		}
		for _, v := range t.values {
			s.RequireGrad(v)
		}
		if t.Optimizer == "adamw" {
			t.optimizer = optimize.Adam(t.keep, variables, optimize.Beta2)
		} else {
			t.optimizer = optimize.SGD(t.keep, variables, t.Momentum)
		}
		return nil
	})
}

// photos are those of a step, by their number in the training set.
func (t *trainer) photos(step int) []int {
	epoch, b := step/t.perEpoch, step%t.perEpoch
	if b == 0 || t.order == nil {
		t.order = random.New(t.Seed, random.Key("order"), uint64(epoch)).Perm(t.train.Len())
	}
	return t.order[b*t.batch : (b+1)*t.batch]
}

// step takes one step and counts it.
func (t *trainer) step() (Step, error) {
	epoch := t.Steps / t.perEpoch
	photos := t.photos(t.Steps)
	step := Step{Epoch: epoch + 1, Photos: len(photos), Total: t.total}
	if t.Steps%t.perEpoch == 0 {
		t.Line = Epoch{Epoch: epoch + 1}
	}
	t.Line.Rate = t.schedule.At(t.Steps)
	if t.ahead == nil {
		t.ahead = readAhead(t.train, photos)
	}
	raw := <-t.ahead
	t.ahead = nil
	if raw.err != nil {
		return step, raw.err
	}
	if t.Steps+1 < t.total {
		t.ahead = readAhead(t.train, t.photos(t.Steps+1))
	}
	torch.Seed(random.New(t.Seed, random.Key("torch"), uint64(t.Steps)).Uint64())
	err := torch.Do(func(s *torch.Scope) error {
		x, class := place(s, t.train, raw.bytes, photos, t.net.Device())
		x, y := t.Augment.mix(s, t.Augment.apply(s, x, t.Seed, photos, epoch), class, t.Seed, photos, epoch)
		x, err := t.Adversary.perturb(s, t.net, t.heads, x, y, net.Pass{Train: true, Frozen: t.Frozen}, t.Seed, photos, epoch)
		if err != nil {
			return err
		}
		grads, err := t.gradients(s, x, y, &step)
		if err != nil {
			return err
		}
		t.optimizer.Step(s, grads, t.Line.Rate)
		if name := t.net.NotFinite(s); name != "" { // no later loss shows it, if it is a norm's running variance
			return fmt.Errorf("%s is no longer a finite number: %w", name, ErrDiverged)
		}
		return nil
	})
	if err != nil {
		return step, err
	}
	t.Steps++
	step.Done = t.Steps
	t.Line.Loss += step.Loss / float64(t.perEpoch)
	t.Line.Accuracy += step.Accuracy / float64(t.perEpoch)
	return step, nil
}

// gradients runs one training step's forward and backward pass.
func (t *trainer) gradients(s *torch.Scope, x torch.Tensor, y labels, step *Step) ([]torch.Tensor, error) {
	var grads []torch.Tensor
	counted := y
	if t.weights.Defined() {
		counted = y.weighted(s, t.weights)
	}
	err := s.Recording(func() error {
		losses, logits, err := crossEntropies(s, t.net, t.heads, x, counted, net.Pass{Train: true, Frozen: t.Frozen}, t.Smoothing)
		if err != nil {
			return err
		}
		loss := s.Mean(losses)
		step.Loss = s.Number(loss)
		if err := checkFinite("loss", step.Loss); err != nil {
			return err
		}
		step.Accuracy = y.hits(s, logits) / float64(step.Photos)
		grads = s.Gradients(loss, t.values...)
		return nil
	})
	return grads, err
}

// endEpoch validates, and remembers the net if it is to be kept.
func (t *trainer) endEpoch() error {
	line := t.Line
	if t.val != nil && t.val.Len() > 0 {
		score, err := Evaluate(t.net, t.logits, t.val, t.Adversary, t.Seed)
		if err == nil {
			err = checkFinite("validation loss", score.Loss)
		}
		if err != nil {
			return err
		}
		line.ValAccuracy, line.ValLoss, line.ValAdversarial = &score.Accuracy, &score.Loss, score.Adversarial
	}
	t.History = append(t.History, line)
	if !t.Best || line.ValAccuracy == nil || t.Kept > 0 && !line.better(t.History[t.Kept-1]) {
		return nil
	}
	t.Kept = line.Epoch
	var err error
	t.best, err = t.net.Export()
	return err
}

// better compares by the accuracy on adversarial photos if there are any (Rice, Wong and Kolter 2020), then by
// accuracy, then by loss.
func (e Epoch) better(than Epoch) bool {
	mine, theirs := []float64{*e.ValAccuracy, -*e.ValLoss}, []float64{*than.ValAccuracy, -*than.ValLoss}
	if e.ValAdversarial != nil {
		mine, theirs = append([]float64{*e.ValAdversarial}, mine...), append([]float64{*than.ValAdversarial}, theirs...)
	}
	return slices.Compare(mine, theirs) > 0
}

// ErrDiverged says what to do about values that training has driven out of range.
var ErrDiverged = errors.New("training diverges: lower --rate or lengthen --warmup")

// checkFinite refuses a value that training has driven out of range.
func checkFinite(what string, v float64) error {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return fmt.Errorf("the %s is %v: %w", what, v, ErrDiverged)
	}
	return nil
}
