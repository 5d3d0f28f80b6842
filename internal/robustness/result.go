package robustness

import (
	"herbarium/internal/attack"
	"herbarium/internal/stats"
)

// Result is what attacks have done to one net, as JSON holds it.
type Result struct {
	Net     string       `json:"net,omitempty"` // its architecture
	Norm    string       `json:"norm"`
	Seed    uint64       `json:"seed"`
	Items   int          `json:"items"`
	LeftOut int          `json:"left_out,omitempty"` // of their target's class
	Clean   *stats.Share `json:"clean"`              // right, or not of the target's class, before any attack
	Curve   []Point      `json:"curve"`
	// Distance is that of the adversarial images, in the norm.
	Distance      *stats.Distribution `json:"distance,omitempty"`
	ZeroGradients int                 `json:"zero_gradients"` // items whose first gradient was zero everywhere
	Passes        attack.Passes       `json:"passes"`         // images through the net
	Verdict       []attack.Check      `json:"verdict,omitempty"`
	VerdictPasses attack.Passes       `json:"verdict_passes"`
	Compare       *Comparison         `json:"compare,omitempty"`

	norm      attack.Norm
	robust    [][]bool // by radius, item
	clean     int
	distances []float64
}

// Point is one radius of the curve.
type Point struct {
	Eps     float64      `json:"eps"`
	Robust  *stats.Share `json:"robust"` // withstood every attack at this radius and below
	Attacks []Stage      `json:"attacks"`
}

// Stage is one attack in one ball, on what those before it had left.
type Stage struct {
	Attack   string `json:"attack"`
	Attacked int    `json:"attacked"`
	Broken   int    `json:"broken"`
}

// Comparison is with another net on the same images.
type Comparison struct {
	Other  *Result  `json:"other"`
	Paired []Paired `json:"paired"`
}

// Paired compares the nets at one radius.
type Paired struct {
	Eps float64 `json:"eps"`
	stats.Paired
}

func newResult(arch string, plan attack.Plan) Result {
	r := Result{Net: arch, Norm: plan.Norm.String(), Seed: plan.Seed, norm: plan.Norm, robust: make([][]bool, len(plan.Eps))}
	for _, eps := range plan.Eps {
		p := Point{Eps: eps}
		for _, a := range plan.Attacks {
			p.Attacks = append(p.Attacks, Stage{Attack: a.Name()})
		}
		r.Curve = append(r.Curve, p)
	}
	return r
}

// add counts the attacked items of a problem.
func (r *Result) add(p *attack.Problem, rows []int) {
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

func (r *Result) distance(res attack.Result) float64 {
	if r.norm == attack.L2 {
		return res.L2
	}
	return res.Linf
}

// sum completes the shares.
func (r *Result) sum() {
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

// CompareWith adds the result of another net on the same items.
func (r *Result) CompareWith(other *Result) {
	c := &Comparison{Other: other}
	for k := range r.Curve {
		c.Paired = append(c.Paired, Paired{r.Curve[k].Eps, stats.Pair(r.robust[k], other.robust[k])})
	}
	r.Compare = c
}
