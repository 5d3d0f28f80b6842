// Package robustness measures how many images withstand attacks on a net, and whether to believe the number. It gives
// batches of images to the attacks of package attack, counts what becomes of them, and checks the count on a sample. It does
// no input or output; tables and curves are made of the results.
package robustness

import (
	"fmt"
	"math"
	"slices"

	"herbarium/internal/attack"
	"herbarium/internal/errs"
	"herbarium/internal/graph"
	"herbarium/internal/images"
	"herbarium/internal/net"
	"herbarium/internal/progress"
	"herbarium/internal/torch"
)

// Options say how nets are attacked.
type Options struct {
	// Plan has no Eps where an attack may go anywhere in the box [0,1]: its size is that of the net's images.
	Plan attack.Plan
	// Net are the device, and the type that gradients are computed in; answers are computed in float32.
	Net   net.Options
	Batch int // images that go through a net at once
	// EOT is of how many answers the mean is attacked, for nets that answer at random; 1 for others.
	EOT int
	// Target is the class that counts as success; empty for any wrong one. Targeted chooses one for each image instead: see
	// [Likely], [Least] and [Random].
	Target, Targeted string
	// Verdict says whether results are checked; VerdictSteps are those of its PGD, 0 for the usual number.
	Verdict      bool
	VerdictSteps int
	Progress     progress.Start
	// Warnf takes what a user should know, though work goes on.
	Warnf func(layout string, args ...any)
}

// How [Options].Targeted chooses an image's target among the classes that are not its own.
const (
	Likely = "likely" // the one that the net thinks likeliest
	Least  = "least"  // the one that the net thinks least likely
	Random = "random"
)

// Evaluation is the attack on one net, and what has come of it so far.
type Evaluation struct {
	Options
	model     *graph.Net
	gradients *graph.Net   // whose gradients attacks follow
	size      [2]int       // height and width of all images; 0 before the first
	wholeBox  bool         // attacks may go anywhere
	target    int          // the class of Options.Target, or NoTarget
	attacked  attack.Model // the model under attack, in float32
	surrogate attack.Model // gives the gradients
	transfer  bool         // the surrogate is another net
	nets      []*attack.Net
	sample    sample
	result    Result
}

// New puts a net on its device. surrogate is the net whose gradients attacks follow; nil is the net itself.
func New(model, surrogate *graph.Net, o Options) (*Evaluation, error) {
	if _, err := model.CheckClassifier(); err != nil {
		return nil, err
	}
	if err := model.CheckClasses(); err != nil {
		return nil, fmt.Errorf("%w: labels cannot be matched to it", err)
	}
	if surrogate != nil && (!slices.Equal(surrogate.Classes, model.Classes) || !slices.Equal(surrogate.Input, model.Input)) {
		return nil, fmt.Errorf("the surrogate has other classes or another input size than the net")
	}
	target := attack.NoTarget
	if o.Target != "" {
		var err error
		if target, err = images.FindClass(model.Classes, o.Target, "the net"); err != nil {
			return nil, fmt.Errorf("target: %w", err)
		}
	}
	e := &Evaluation{Options: o, model: model, gradients: model, wholeBox: len(o.Plan.Eps) == 0, target: target, transfer: surrogate != nil}
	if e.transfer {
		e.gradients = surrogate
	}
	e.fillBox(model.Input[1], model.Input[2])
	if err := e.load(surrogate); err != nil {
		e.Close()
		return nil, err
	}
	return e, nil
}

// fillBox begins the result. Where attacks may go anywhere, the ball around images of that size is as large as the box [0,1].
func (e *Evaluation) fillBox(height, width int) {
	if e.wholeBox {
		e.Plan.Eps = []float64{1}
		if e.Plan.Norm == attack.L2 {
			e.Plan.Eps[0] = math.Sqrt(float64(e.model.Input[0] * height * width))
		}
	}
	e.result = newResult(e.model.Arch, e.Plan)
}

// load puts the net and what gives its gradients on the device.
func (e *Evaluation) load(surrogate *graph.Net) (err error) {
	exact := net.Options{Device: e.Net.Device, DType: torch.F32}
	if e.attacked, err = e.loadNet(e.model, exact); err != nil {
		return err
	}
	switch {
	case surrogate != nil:
		e.surrogate, err = e.loadNet(surrogate, exact)
	case e.Net.DType != torch.F32:
		e.surrogate, err = e.loadNet(e.model, e.Net)
	default:
		e.surrogate = e.attacked
	}
	return err
}

func (e *Evaluation) loadNet(model *graph.Net, o net.Options) (attack.Model, error) {
	n, err := attack.NewNet(model, o, e.Batch)
	if err != nil {
		return nil, err
	}
	e.nets = append(e.nets, n)
	if e.EOT > 1 {
		return &attack.Expectation{Model: n, Times: e.EOT}, nil
	}
	return n, nil
}

// Close frees the nets.
func (e *Evaluation) Close() {
	for _, n := range e.nets {
		n.Close()
	}
}

// Check refuses images that cannot be attacked: those that the net cannot see, and those of another size than the first. It
// warns of a size that the net was not made for.
func (e *Evaluation) Check(b *images.Batch) error {
	if err := images.CheckColors(b.Channels(), e.model.Input[0]); err != nil {
		return fmt.Errorf("item %q: %w", b.Items[0].Name(), err)
	}
	size := [2]int{b.Height, b.Width}
	if size == e.size {
		return nil
	}
	if e.size != [2]int{} {
		return errs.Hint(fmt.Errorf("item %q is %dx%d, those before are %dx%d", b.Items[0].Name(), size[0], size[1], e.size[0], e.size[1]),
			"ingest --for NET makes them fit, or attack each size by itself")
	}
	for _, model := range []*graph.Net{e.model, e.gradients} {
		if _, err := model.Sized(b.Shape()[1:]); err != nil {
			return fmt.Errorf("item %q: %w", b.Items[0].Name(), err)
		}
	}
	if text := e.model.OtherSize(b.Height, b.Width, "the net"); text != "" {
		e.Warnf("%s", text)
	}
	e.size = size
	e.fillBox(b.Height, b.Width)
	return nil
}

// partBytes bounds the pixels that are attacked together, in bytes of float32.
const partBytes = 64 << 20

// chunk is how many images of shape [C,H,W] are attacked together: as many as fit memory, and on a CPU, where chunks are
// attacked side by side, as go through the net at once.
func (e *Evaluation) chunk(shape []int) int {
	fit := max(partBytes/(4*shape[0]*shape[1]*shape[2]), 1)
	return min(fit, e.Net.Batch(e.Batch, fit))
}

// workers is how many may attack side by side.
func (e *Evaluation) workers() int {
	workers := e.nets[0].Workers(e.Batch)
	for _, n := range e.nets {
		workers = min(workers, n.Workers(e.Batch))
	}
	return workers
}

// Attack attacks the images of a batch, the first of which is the index-th of all, in chunks, several side by side. each is
// told what became of a chunk, in their order; it may be nil.
func (e *Evaluation) Attack(b *images.Batch, index int, each func(*Attacked) error) error {
	labels, err := e.labels(b)
	if err != nil {
		return err
	}
	size := e.chunk(b.Shape()[1:])
	chunks := (b.Len() + size - 1) / size
	bar := e.Progress(chunks*len(e.Plan.Eps)*len(e.Plan.Attacks), fmt.Sprintf("attacks on images %d to %d", index+1, index+b.Len()))
	defer bar.Done()
	return torch.Each(e.workers(), chunks, func(chunk int) (*Attacked, error) {
		return e.attack(b, labels, chunk*size, min((chunk+1)*size, b.Len()), index, bar)
	}, func(_ int, a *Attacked) error {
		e.result.add(&a.Problem, a.rows)
		if e.Verdict {
			e.sample.add(a)
		}
		if each == nil {
			return nil
		}
		return each(a)
	})
}

// labels are those of a batch's pictures as classes of the net.
func (e *Evaluation) labels(b *images.Batch) ([]int, error) {
	labels, err := b.LabelsIn(e.model.Classes, "the net")
	if err != nil {
		return nil, err
	}
	if i := slices.Index(labels, images.NoLabel); i >= 0 {
		return nil, errs.Hint(fmt.Errorf("item %q has no label", b.Items[i].Name()), "put photos into one folder per class")
	}
	return labels, nil
}

// attack runs the plan on images from to to of a batch.
func (e *Evaluation) attack(b *images.Batch, labels []int, from, to, index int, bar progress.Bar) (*Attacked, error) {
	a := &Attacked{Problem: attack.Problem{Model: e.attacked, Surrogate: e.surrogate, Seed: e.Plan.Seed},
		batch: b, from: from, pixels: b.Intensities(from, to), classes: e.model.Classes}
	for i := from; i < to; i++ {
		name := b.Items[i].Name()
		a.Items = append(a.Items, attack.Item{Name: name, Key: attack.Key(name, index+i), Label: labels[i], Target: attack.NoTarget})
	}
	err := torch.Do(func(s *torch.Scope) error {
		a.X = s.To(torch.From(s, append([]int{to - from}, b.Shape()[1:]...), a.pixels), e.Net.Device)
		if err := e.prepare(a); err != nil {
			return err
		}
		plan := e.Plan
		plan.OnAttack = func() { bar.Add(1) }
		return plan.Run(&a.Problem)
	})
	return a, err
}

// prepare classifies the images as they are and gives them their targets.
func (e *Evaluation) prepare(a *Attacked) error {
	if err := a.Evaluate(); err != nil {
		return err
	}
	if e.Verdict && attack.LooksLikeProbabilities(a.Clean) {
		return errs.Hint(fmt.Errorf("item %q: the net's outputs look like probabilities: attacks need the logits before the softmax", a.Items[0].Name),
			"--no-verdict attacks it as it is")
	}
	e.setTargets(a)
	if e.Target == "" && e.Targeted == "" {
		return nil
	}
	if err := a.Evaluate(); err != nil { // with a target, other items count as broken from the start
		return err
	}
	for i := range a.Items {
		if t := a.Items[i].Target; t != attack.NoTarget && t == a.Items[i].Label {
			a.Results[i].Broken = true // left out: nothing attacks it, and nothing counts it
		}
	}
	return nil
}

// Finish completes the result: its shares, and its verdict if there is to be one.
func (e *Evaluation) Finish() (*Result, error) {
	e.result.sum()
	if !e.Verdict || e.result.Items == 0 {
		return &e.result, nil
	}
	var err error
	e.result.Verdict, err = e.verdict()
	return &e.result, err
}
