package measure

import (
	"math"
	"slices"

	"herbarium/internal/stats"
)

// Exits counts what becomes of pictures if a net with several heads stops at the first that is sure enough: the first
// whose most probable class has at least a threshold of probability; the last head answers the rest.
type Exits struct {
	Heads []string
	MACs  []int64     // multiply-adds of one picture up to each head, it included
	sure  [][]float64 // [picture][head] probability of the class predicted, of the heads that were run
	right [][]bool    // [picture][head]; nil for a picture of no known class
}

// NewExits counts for heads that cost so many multiply-adds.
func NewExits(heads []string, macs []int64) *Exits { return &Exits{Heads: heads, MACs: macs} }

// Leave is the head at which a picture with these logits [head][K] stops.
func Leave(logits [][]float32, threshold float64) int {
	for h, l := range logits {
		if answers(l, threshold) {
			return h
		}
	}
	return len(logits) - 1
}

// answers tells whether a head with these logits [K] answers.
func answers(logits []float32, threshold float64) bool {
	return Predict(logits).Probability >= threshold
}

// Add counts a picture with its logits [head][K], of all heads, or up to the one at which it leaves: then nothing but the
// threshold that it leaves at can be asked for. Where it leaves counts without a label (NoClass), too.
func (e *Exits) Add(label int, logits [][]float32) {
	var right []bool
	sure := make([]float64, len(logits))
	for h, l := range logits {
		p := Predict(l)
		sure[h] = p.Probability
		if label != NoClass {
			right = append(right, p.Class == label)
		}
	}
	e.sure, e.right = append(e.sure, sure), append(e.right, right)
}

// An Anytime is a point of the curve of accuracy against cost.
type Anytime struct {
	Threshold float64      `json:"threshold"`
	Accuracy  *stats.Share `json:"accuracy"`
	MACs      float64      `json:"macs"` // mean of one picture
}

// An Exit says what one head does.
type Exit struct {
	Head     string       `json:"head"`
	MACs     int64        `json:"macs"`               // of a picture that leaves here
	Left     *stats.Share `json:"left"`               // of the pictures, how many leave here
	Accuracy *stats.Share `json:"accuracy,omitempty"` // of those of them that are labeled
	Alone    *stats.Share `json:"alone,omitempty"`    // of all labeled pictures, if this head answered all of them: the fixed exit
}

// exit is where a picture stops.
func (e *Exits) exit(picture int, threshold float64) int {
	for h, p := range e.sure[picture] {
		if p >= threshold {
			return h
		}
	}
	return len(e.Heads) - 1
}

// At is what a threshold gives; the accuracy is nil without labeled pictures.
func (e *Exits) At(threshold float64) Anytime {
	labeled, right, macs := 0, 0, 0.0
	for i := range e.sure {
		h := e.exit(i, threshold)
		macs += float64(e.MACs[h])
		if e.right[i] == nil {
			continue
		}
		labeled++
		if e.right[i][h] {
			right++
		}
	}
	return Anytime{stats.Round(threshold), stats.NewShare(right, labeled), math.Round(macs / math.Max(1, float64(len(e.sure))))}
}

// ByHead is what each head does at a threshold. Alone is nil where pictures left before the head.
func (e *Exits) ByHead(threshold float64) []Exit {
	type count struct{ left, labeled, right, seen, alone int }
	counts, labeled := make([]count, len(e.Heads)), 0
	for i := range e.sure {
		here := &counts[e.exit(i, threshold)]
		here.left++
		if e.right[i] == nil {
			continue
		}
		labeled++
		here.labeled++
		for h, yes := range e.right[i] {
			counts[h].seen++
			if !yes {
				continue
			}
			counts[h].alone++
			if &counts[h] == here {
				here.right++
			}
		}
	}
	out := make([]Exit, len(e.Heads))
	for h, c := range counts {
		out[h] = Exit{e.Heads[h], e.MACs[h], stats.NewShare(c.left, len(e.sure)), stats.NewShare(c.right, c.labeled), nil}
		if c.seen == labeled {
			out[h].Alone = stats.NewShare(c.alone, labeled)
		}
	}
	return out
}

// mostThresholds bounds how many are tried.
const mostThresholds = 500

// thresholds are those at which something changes, falling, or an even sample of them; before them one that no head
// reaches.
func (e *Exits) thresholds() []float64 {
	var all []float64
	for _, sure := range e.sure {
		all = append(all, sure[:len(sure)-1]...)
	}
	slices.Sort(all)
	all = slices.Compact(all)
	slices.Reverse(all)
	out := []float64{2}
	for i := range min(len(all), mostThresholds) {
		out = append(out, all[i*len(all)/min(len(all), mostThresholds)])
	}
	return out
}

// Choose is the threshold that saves most on these pictures, all labeled, while no threshold from there up to certainty
// costs more than loss of the last head's accuracy. It is 2, which nothing reaches, if any early exit costs more.
func (e *Exits) Choose(loss float64) float64 {
	chosen := 2.0
	for _, t := range e.thresholds() {
		right, all := 0, 0
		for i := range e.sure {
			if e.right[i][e.exit(i, t)] {
				right++
			}
			if e.right[i][len(e.Heads)-1] {
				all++
			}
		}
		if float64(all-right) > loss*float64(len(e.sure))+1e-9 {
			break
		}
		chosen = t
	}
	return chosen
}

// Curve is the anytime curve: some twenty thresholds from always the first head to always the last. It is nil where pictures
// left before the last head.
func (e *Exits) Curve() []Anytime {
	if slices.ContainsFunc(e.sure, func(heads []float64) bool { return len(heads) < len(e.Heads) }) {
		return nil
	}
	var curve []Anytime
	all := e.thresholds()
	points := min(20, len(all))
	for i := range points {
		at := len(all) - 1 - i*(len(all)-1)/max(1, points-1)
		curve = append(curve, e.At(all[at]))
	}
	return curve
}
