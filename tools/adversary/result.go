package main

import (
	"herbarium/internal/attack"
	"herbarium/internal/report"
	"herbarium/internal/stats"
)

// result is what attacks have done to one net.
type result struct {
	Net     string       `json:"net,omitempty"` // its architecture
	Norm    string       `json:"norm"`
	Seed    uint64       `json:"seed"`
	Items   int          `json:"items"`
	LeftOut int          `json:"left_out,omitempty"` // of their target's class
	Clean   *stats.Share `json:"clean"`              // right, or not of the target's class, before any attack
	Curve   []point      `json:"curve"`
	// Distance is that of the adversarial images, in the norm.
	Distance      *stats.Distribution `json:"distance,omitempty"`
	ZeroGradients int                 `json:"zero_gradients"` // items whose first gradient was zero everywhere
	Passes        attack.Passes       `json:"passes"`         // images through the net
	Verdict       []attack.Check      `json:"verdict,omitempty"`
	VerdictPasses attack.Passes       `json:"verdict_passes"`
	Compare       *comparison         `json:"compare,omitempty"`

	norm      attack.Norm
	plan      attack.Plan
	robust    [][]bool // by radius, item
	clean     int
	distances []float64
}

// point is one radius of the curve.
type point struct {
	Eps     float64      `json:"eps"`
	Robust  *stats.Share `json:"robust"` // withstood every attack at this radius and below
	Attacks []stage      `json:"attacks"`
}

// stage is one attack in one ball, on what those before it had left.
type stage struct {
	Attack   string `json:"attack"`
	Attacked int    `json:"attacked"`
	Broken   int    `json:"broken"`
}

// comparison is with the net of --compare.
type comparison struct {
	Other  result   `json:"other"`
	Paired []paired `json:"paired"`
}

type paired struct {
	Eps float64 `json:"eps"`
	stats.Paired
}

func newResult(c *campaign) result {
	r := result{Net: c.model.Arch, Norm: c.plan.Norm.String(), Seed: c.plan.Seed, norm: c.plan.Norm, plan: c.plan, robust: make([][]bool, len(c.plan.Eps))}
	for _, eps := range c.plan.Eps {
		p := point{Eps: eps}
		for _, a := range c.plan.Attacks {
			p.Attacks = append(p.Attacks, stage{Attack: a.Name()})
		}
		r.Curve = append(r.Curve, p)
	}
	return r
}

// add counts the attacked items of a problem.
func (r *result) add(p *attack.Problem, rows []int) {
	r.Items += len(rows)
	r.LeftOut += len(p.Items) - len(rows)
	r.Passes.Add(p.Passes)
	for _, i := range rows {
		res := p.Results[i]
		if p.ZeroGrad[i] {
			r.ZeroGradients++
		}
		fromStart := res.Broken && res.Attack == ""
		if !fromStart {
			r.clean++
		}
		if res.Broken && !fromStart {
			r.distances = append(r.distances, r.distance(res))
		}
		broken := fromStart
		for k := range r.Curve {
			for j := range r.Curve[k].Attacks {
				a := &r.Curve[k].Attacks[j]
				if broken {
					continue
				}
				a.Attacked++
				if res.Broken && res.Eps == r.Curve[k].Eps && res.Attack == a.Attack {
					a.Broken++
					broken = true
				}
			}
			r.robust[k] = append(r.robust[k], !broken)
		}
	}
}

func (r *result) distance(res attack.Result) float64 {
	if r.norm == attack.L2 {
		return res.L2
	}
	return res.Linf
}

// sum completes the shares.
func (r *result) sum() {
	r.Clean = stats.NewShare(r.clean, r.Items)
	for k := range r.Curve {
		n := 0
		for _, ok := range r.robust[k] {
			if ok {
				n++
			}
		}
		r.Curve[k].Robust = stats.NewShare(n, r.Items)
	}
	r.Distance = stats.Distribute(r.distances)
}

// compare holds the result against another on the same items.
func (r *result) compare(other result) {
	c := &comparison{Other: other}
	for k := range r.Curve {
		c.Paired = append(c.Paired, paired{r.Curve[k].Eps, stats.Pair(r.robust[k], other.robust[k])})
	}
	r.Compare = c
}

// conclude ends the campaign at hand: its verdict, its result.
func (r *run) conclude() error {
	if r.first == nil {
		return nil
	}
	for _, c := range []*campaign{r.first, r.second} {
		if c == nil || c.result.Items == 0 {
			continue
		}
		c.result.sum()
		if r.Verdict {
			var err error
			if c.result.Verdict, err = c.verdict(r); err != nil {
				return err
			}
			r.judge(c)
		}
	}
	if r.first.result.Items > 0 {
		if r.second != nil {
			r.first.result.compare(r.second.result)
		}
		r.done = append(r.done, r.first.result)
	}
	r.close()
	r.first, r.second = nil, nil
	return nil
}

// finish writes the results where they belong.
func (r *run) finish() error {
	if err := r.conclude(); err != nil {
		return err
	}
	all := r.done
	items := 0
	for _, one := range all {
		items += one.Items
	}
	if err := r.session.Require(items, "images to attack"); err != nil {
		return err
	}
	if err := report.Save(r.session, &r.Flags, all, writeTables); err != nil {
		return err
	}
	if r.Plot != "" {
		p, err := plotCurves(all)
		if err != nil {
			return err
		}
		if err := report.SavePlots(r.session, r.Plot, p); err != nil {
			return err
		}
	}
	if r.Text() {
		if err := report.Print(r.session, &r.Flags, r.Output, all, writeTables); err != nil {
			return err
		}
		return r.failed
	}
	for _, one := range all {
		for _, line := range headlines(one) {
			r.session.Infof("%s", line)
		}
		if r.failed != nil {
			continue
		}
		if err := report.Document(r.session, "adversary", one); err != nil {
			return err
		}
	}
	return r.failed
}
