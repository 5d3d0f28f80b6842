package measure

import (
	"cmp"
	"math"
	"slices"
)

// NoClass is the label of a picture whose class is not known.
const NoClass = -1

// Tally counts what a net says about pictures.
type Tally struct {
	classes []string
	images  int
	right   int
	top5    int
	nats    float64
	pairs   map[[2]int]int // label or NoClass, prediction
}

// NewTally counts over these classes.
func NewTally(classes []string) *Tally { return &Tally{classes: classes, pairs: map[[2]int]int{}} }

// Add counts a picture with its label, which may be NoClass.
func (t *Tally) Add(label int, logits []float32) {
	said := Predict(logits).Class
	t.images++
	t.pairs[[2]int{label, said}]++
	if label == NoClass {
		return
	}
	if said == label {
		t.right++
	}
	if Rank(logits, label) < 5 {
		t.top5++
	}
	t.nats -= LogProbability(logits, label)
}

// Images is how many were added.
func (t *Tally) Images() int { return t.images }

// Summary is a tally in the form that reports hold.
type Summary struct {
	Images       int         `json:"images"`
	Labelled     int         `json:"labelled"`
	Accuracy     *Share      `json:"accuracy,omitempty"`      // of the labelled
	Top5         *Share      `json:"top5,omitempty"`          // with more than 5 classes
	CrossEntropy *float64    `json:"cross_entropy,omitempty"` // mean, in nats
	Classes      []PerClass  `json:"classes"`                 // those that occur, in the net's order
	Confusion    []Confusion `json:"confusion,omitempty"`     // what occurs, by class, then most frequent first
}

// PerClass says how one class fares.
type PerClass struct {
	Class     string `json:"class"`
	Recall    *Share `json:"recall,omitempty"`    // of the pictures of the class, how many are seen as it
	Precision *Share `json:"precision,omitempty"` // of the labelled pictures seen as it, how many are
	Predicted int    `json:"predicted"`           // pictures seen as it, those without label included
}

// Confusion says how many pictures of Class are seen as Predicted, which may be right.
type Confusion struct {
	Class     string `json:"class"`
	Predicted string `json:"predicted"`
	N         int    `json:"n"`
}

// Summary sums up what was added so far.
func (t *Tally) Summary() Summary {
	k := len(t.classes)
	of, said, saidLabelled := make([]int, k), make([]int, k), make([]int, k)
	out := Summary{Images: t.images, Classes: []PerClass{}}
	type counted struct {
		pair [2]int
		n    int
	}
	var all []counted
	for pair, n := range t.pairs {
		said[pair[1]] += n
		if pair[0] == NoClass {
			continue
		}
		of[pair[0]] += n
		saidLabelled[pair[1]] += n
		out.Labelled += n
		all = append(all, counted{pair, n})
	}
	slices.SortFunc(all, func(a, b counted) int {
		return cmp.Or(cmp.Compare(a.pair[0], b.pair[0]), cmp.Compare(b.n, a.n), cmp.Compare(a.pair[1], b.pair[1]))
	})
	for _, c := range all {
		out.Confusion = append(out.Confusion, Confusion{t.classes[c.pair[0]], t.classes[c.pair[1]], c.n})
	}
	for i, name := range t.classes {
		if of[i]+said[i] == 0 {
			continue
		}
		right := t.pairs[[2]int{i, i}]
		out.Classes = append(out.Classes, PerClass{name, NewShare(right, of[i]), NewShare(right, saidLabelled[i]), said[i]})
	}
	out.Accuracy = NewShare(t.right, out.Labelled)
	if out.Labelled > 0 {
		nats := Round(t.nats / float64(out.Labelled))
		out.CrossEntropy = &nats
	}
	if k > 5 {
		out.Top5 = NewShare(t.top5, out.Labelled)
	}
	return out
}

// Share is a number of successes with the interval that holds the true share in 95% of such samples.
type Share struct {
	Count    int        `json:"count"`
	Of       int        `json:"of"`
	Share    float64    `json:"share"`
	Interval [2]float64 `json:"interval95"`
}

// NewShare is nil for a share of nothing. The interval is Wilson's score interval (Journal of the American Statistical
// Association 22, 1927), which holds for small numbers and for shares near 0 and 1, too.
func NewShare(count, of int) *Share {
	if of == 0 {
		return nil
	}
	const z = 1.959963984540054 // the normal distribution has 95% within z deviations
	n, p := float64(of), float64(count)/float64(of)
	centre := (p + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	return &Share{count, of, Round(p), [2]float64{Round(math.Max(centre-half, 0)), Round(math.Min(centre+half, 1))}}
}

// Distribution describes measures of several pictures.
type Distribution struct {
	N      int     `json:"n"`
	Median float64 `json:"median"`
	Mean   float64 `json:"mean"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
}

// Distribute is nil for no values.
func Distribute(values []float64) *Distribution {
	n := len(values)
	if n == 0 {
		return nil
	}
	sorted := slices.Sorted(slices.Values(values))
	sum := 0.0
	for _, v := range sorted {
		sum += v
	}
	return &Distribution{n, Round((sorted[(n-1)/2] + sorted[n/2]) / 2), Round(sum / float64(n)), Round(sorted[0]), Round(sorted[n-1])}
}
