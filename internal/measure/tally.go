package measure

import (
	"cmp"
	"slices"

	"herbarium/internal/stats"
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
	Images       int          `json:"images"`
	Labeled      int          `json:"labelled"`
	Accuracy     *stats.Share `json:"accuracy,omitempty"`      // of the labeled
	Top5         *stats.Share `json:"top5,omitempty"`          // with more than 5 classes
	CrossEntropy *float64     `json:"cross_entropy,omitempty"` // mean, in nats
	Classes      []PerClass   `json:"classes"`                 // those that occur, in the net's order
	Confusion    []Confusion  `json:"confusion,omitempty"`     // what occurs, by class, then most frequent first
}

// PerClass says how one class fares.
type PerClass struct {
	Class     string       `json:"class"`
	Recall    *stats.Share `json:"recall,omitempty"`    // of the pictures of the class, how many are seen as it
	Precision *stats.Share `json:"precision,omitempty"` // of the labeled pictures seen as it, how many are
	Predicted int          `json:"predicted"`           // pictures seen as it, those without label included
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
	of, said, saidLabeled := make([]int, k), make([]int, k), make([]int, k)
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
		saidLabeled[pair[1]] += n
		out.Labeled += n
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
		out.Classes = append(out.Classes, PerClass{name, stats.NewShare(right, of[i]), stats.NewShare(right, saidLabeled[i]), said[i]})
	}
	out.Accuracy = stats.NewShare(t.right, out.Labeled)
	if out.Labeled > 0 {
		nats := stats.Round(t.nats / float64(out.Labeled))
		out.CrossEntropy = &nats
	}
	if k > 5 {
		out.Top5 = stats.NewShare(t.top5, out.Labeled)
	}
	return out
}
