package attack

import (
	"fmt"
	"math"
	"slices"

	"herbarium/internal/torch"
)

// Check is one line of a verdict: a measurement that is above its limit where a net hides its gradients or an attack is too
// weak for it.
type Check struct {
	Name     string  `json:"check"`
	Measured float64 `json:"measured"`
	Limit    float64 `json:"limit"` // Measured may not be above it
	Unit     string  `json:"unit"`  // of both: items, points or percent
	Of       int     `json:"of"`    // items looked at
	Reason   string  `json:"reason,omitempty"`
	Passed   bool    `json:"passed"`
}

// Verdict looks for signs that accuracy under attack is not what it seems: gradients that are hidden, or attacks too
// weak for the net (Athalye et al. 2018, section 3.1; Carlini et al. 2019, section 5).
type Verdict struct {
	Plan    Plan
	Steps   int  // of its PGD
	Queries int  // of its Square
	Random  bool // the net is known to answer at random
	Workers int  // that attack side by side, see [torch.Each]
	Chunk   int  // items that a worker attacks together
	// Transfer says that the plan followed another net: then the checks are of the net itself, and what the plan broke is
	// held against what PGD leaves there.
	Transfer bool
}

// Run checks a sample of items that Plan.Run has attacked; p holds them with their results. The sample's images are
// attacked anew, alike for every kind of plan.
func (v Verdict) Run(p *Problem) ([]Check, error) {
	q := *p
	if v.Transfer {
		q.Surrogate = q.Model
	}
	c := &checker{Verdict: v, p: &q}
	for _, check := range []func() error{c.probabilities, c.determinism, c.zeroEps, c.gradients, c.curve, c.unbounded, c.blackBox} {
		if err := check(); err != nil {
			return nil, err
		}
	}
	p.Passes = q.Passes
	return c.checks, nil
}

// Failed is the first check that a verdict did not pass.
func Failed(checks []Check) (Check, bool) {
	i := slices.IndexFunc(checks, func(c Check) bool { return !c.Passed })
	if i < 0 {
		return Check{}, false
	}
	return checks[i], true
}

// checker is a verdict under way.
type checker struct {
	Verdict
	p      *Problem
	checks []Check
}

func (ch *checker) note(c Check) {
	c.Passed = c.Measured <= c.Limit
	if c.Passed {
		c.Reason = ""
	}
	ch.checks = append(ch.checks, c)
}

// fresh is the problem as it was before anything was found, in a ball.
func (ch *checker) fresh(b Ball) (*Problem, error) {
	q := *ch.p
	q.Ball = b
	q.Passes = Passes{}
	if err := q.Evaluate(); err != nil {
		return nil, err
	}
	return &q, nil
}

// accuracy runs an attack on all items anew and counts what it leaves.
func (ch *checker) accuracy(a Attack, b Ball) (left int, err error) {
	q, err := ch.fresh(b)
	if err != nil {
		return 0, err
	}
	if err := ch.run(a, q); err != nil {
		return 0, err
	}
	ch.p.Passes.Add(q.Passes)
	return len(q.Left()), nil
}

// run attacks the items that nothing has broken yet, in chunks.
func (ch *checker) run(a Attack, q *Problem) error {
	left := q.Left()
	return torch.Each(ch.Workers, (len(left)+ch.Chunk-1)/ch.Chunk, func(k int) (part Problem, err error) {
		rows := left[k*ch.Chunk : min((k+1)*ch.Chunk, len(left))]
		err = torch.Do(func(s *torch.Scope) error {
			part = q.part(s, rows)
			return a.Run(&part, part.Left())
		})
		return part, err
	}, func(k int, part Problem) error {
		for i, row := range left[k*ch.Chunk : min((k+1)*ch.Chunk, len(left))] {
			q.Results[row], q.ZeroGrad[row] = part.Results[i], part.ZeroGrad[i]
		}
		q.Passes.Add(part.Passes)
		return nil
	})
}

// LooksLikeProbabilities tells whether all logits are shares of one: then their gradients vanish where the net is sure.
func LooksLikeProbabilities(logits [][]float32) bool {
	for _, z := range logits {
		sum := 0.0
		for _, v := range z {
			if v < 0 {
				return false
			}
			sum += float64(v)
		}
		if math.Abs(sum-1) > 1e-3 {
			return false
		}
	}
	return len(logits) > 0
}

func (ch *checker) probabilities() error {
	measured := 0.0
	if LooksLikeProbabilities(ch.p.Clean) {
		measured = 100
	}
	ch.note(Check{Name: "outputs are probabilities", Measured: measured, Unit: "percent", Of: len(ch.p.Items),
		Reason: "the net's outputs look like probabilities: attacks need the logits before the softmax"})
	return nil
}

func (ch *checker) determinism() error {
	if ch.Random {
		return nil
	}
	q, err := ch.fresh(ch.p.Ball)
	if err != nil {
		return err
	}
	differ := 0
	for i, z := range q.Clean {
		size := 0.0
		for _, v := range z {
			size = math.Max(size, math.Abs(float64(v)))
		}
		for k, v := range z {
			if math.Abs(float64(v-ch.p.Clean[i][k])) > 1e-4*(size+1) {
				differ++
				break
			}
		}
	}
	ch.note(Check{Name: "logits differ when asked twice", Measured: float64(differ), Unit: "items", Of: len(q.Items),
		Reason: "the net answers at random: --eot N attacks the mean of N answers"})
	return nil
}

func (ch *checker) zeroEps() error {
	q, err := ch.fresh(Ball{ch.Plan.Norm, 0})
	if err != nil {
		return err
	}
	clean := len(q.Left())
	left, err := ch.accuracy(PGD(2), q.Ball)
	if err != nil {
		return err
	}
	ch.note(Check{Name: "accuracy at eps 0 differs from clean", Measured: math.Abs(float64(clean - left)), Unit: "items", Of: len(q.Items),
		Reason: "an attack that may change nothing changed predictions"})
	return nil
}

func (ch *checker) gradients() error {
	zero := 0
	err := torch.Do(func(s *torch.Scope) error {
		targets, rows := make([]target, len(ch.p.Items)), make([]int, len(ch.p.Items))
		for i, item := range ch.p.Items {
			targets[i], rows[i] = target{item.Label, item.Target, item.Target != NoTarget}, i
		}
		seen := newAnswers(s)
		_, g, err := ch.p.Surrogate.Gradient(s, ch.p.X, seen.lossOf(CE, newAims(s, targets, ch.p.X.Device())))
		if err != nil {
			return err
		}
		if _, err := ch.p.scores(s, seen.logits(), rows); err != nil {
			return err
		}
		for _, v := range torch.Read[float32](s, s.Reshape(peaks(s, g), -1)) {
			if v == 0 {
				zero++
			}
		}
		return nil
	})
	ch.note(Check{Name: "gradients that are zero", Measured: 100 * float64(zero) / float64(len(ch.p.Items)), Limit: 1, Unit: "percent", Of: len(ch.p.Items),
		Reason: "the net hides its gradients: attacks that follow them see nothing"})
	return err
}

// curve runs FGSM, PGD and PGD of twice the steps in every ball, each on all items.
func (ch *checker) curve() error {
	n := float64(len(ch.p.Items))
	var fgsm, rise, double float64
	before := len(ch.p.Items)
	for _, eps := range ch.Plan.Eps {
		b := Ball{ch.Plan.Norm, eps}
		left, err := ch.accuracy(PGD(ch.Steps), b)
		if err != nil {
			return err
		}
		one, err := ch.accuracy(FGSM(), b)
		if err != nil {
			return err
		}
		twice, err := ch.accuracy(PGD(2*ch.Steps), b)
		if err != nil {
			return err
		}
		fgsm = math.Max(fgsm, float64(left-one))
		rise = math.Max(rise, float64(left-before))
		double = math.Max(double, math.Abs(float64(left-twice))/n*100)
		before = left
	}
	ch.note(Check{Name: "FGSM breaks more than PGD", Measured: fgsm, Limit: slack(len(ch.p.Items)), Unit: "items", Of: len(ch.p.Items),
		Reason: "one step breaks more than many: the gradient leads astray"})
	ch.note(Check{Name: "PGD's accuracy rises with eps", Measured: rise, Limit: slack(len(ch.p.Items)), Unit: "items", Of: len(ch.p.Items),
		Reason: "a larger ball holds the smaller one, yet PGD finds less in it"})
	ch.note(Check{Name: "twice the steps change accuracy", Measured: double, Limit: 2, Unit: "points", Of: len(ch.p.Items),
		Reason: fmt.Sprintf("PGD has not converged after %d steps: more --steps", ch.Steps)})
	return nil
}

// slack allows for single items on which an attack was lucky: a five-hundredth, as AutoAttack's own warning does.
func slack(items int) float64 { return math.Max(1, math.Floor(0.002*float64(items))) }

func (ch *checker) unbounded() error {
	b := Ball{ch.Plan.Norm, 1}
	if b.Norm == L2 {
		b.Eps = math.Sqrt(float64(ch.p.X.Len() / len(ch.p.Items)))
	}
	a := PGD(100)
	a.Loss = Margin // the cross-entropy of a sure net has no gradient left
	left, err := ch.accuracy(a, b)
	if err != nil {
		return err
	}
	ch.note(Check{Name: "unbounded PGD leaves", Measured: float64(left), Unit: "items", Of: len(ch.p.Items),
		Reason: "even where any image is allowed PGD finds no other class: it does not follow the net"})
	return nil
}

// blackBox attacks what the plan has left without gradients, in the largest ball.
func (ch *checker) blackBox() error {
	q := *ch.p
	q.Passes = Passes{}
	q.Ball = Ball{ch.Plan.Norm, ch.Plan.Eps[len(ch.Plan.Eps)-1]}
	q.Results = slices.Clone(ch.p.Results)
	if ch.Transfer {
		if err := ch.transfer(&q); err != nil {
			return err
		}
	}
	before := len(q.Left())
	for _, a := range []Attack{Noise{10}, Square{Queries: ch.Queries, Restarts: 1, Share: 0.8}} {
		if err := ch.run(a, &q); err != nil {
			return err
		}
		now := len(q.Left())
		ch.note(Check{Name: a.Name() + " breaks what was left", Measured: float64(before - now), Limit: slack(len(ch.p.Items)), Unit: "items", Of: before,
			Reason: "a search without gradients finds what the attack did not: gradients are hidden, or the attack was too weak"})
		before = now
	}
	ch.p.Passes.Add(q.Passes)
	return nil
}

// transfer replaces what the plan has found by what PGD finds with the net's own gradients.
func (ch *checker) transfer(q *Problem) error {
	white, err := ch.fresh(q.Ball)
	if err != nil {
		return err
	}
	if err := ch.run(PGD(ch.Steps), white); err != nil {
		return err
	}
	missed := 0
	for i, r := range q.Results {
		if r.Broken && !white.Results[i].Broken {
			missed++
		}
	}
	q.Results = white.Results
	ch.p.Passes.Add(white.Passes)
	ch.note(Check{Name: "transfer breaks what PGD leaves", Measured: float64(missed), Limit: slack(len(q.Items)), Unit: "items", Of: len(q.Items),
		Reason: "another net's gradients find what the net's own do not: it hides its gradients"})
	return nil
}
