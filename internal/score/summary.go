package score

import (
	"herbarium/internal/graph"
	"herbarium/internal/measure"
	"herbarium/internal/stats"
)

// sum gathers what becomes of the pictures that one net sees.
type sum struct {
	model   *graph.Net
	seen    *measure.Tally
	judge   *agreement // nil without a judge
	exits   *exits     // nil without early exits
	quality qualities
}

func newSum(model *graph.Net, classes []string, judged bool) *sum {
	s := &sum{model: model, seen: measure.NewTally(classes)}
	if judged {
		s.judge = &agreement{}
	}
	return s
}

// Summary is the report on the pictures of one net, as JSON holds it.
type Summary struct {
	Net string `json:"net,omitempty"` // its architecture
	measure.Summary
	Exit       *ExitSummary       `json:"exit,omitempty"`
	Judge      *JudgeSummary      `json:"judge,omitempty"`
	Comparison *ComparisonSummary `json:"comparison,omitempty"` // with originals

	Unnamed bool `json:"-"` // the net does not name its classes
}

func (s *sum) summary(layers []string) Summary {
	out := Summary{Net: s.model.Arch, Summary: s.seen.Summary(), Unnamed: s.model.CheckClasses() != nil}
	if s.exits != nil {
		out.Exit = s.exits.summary()
	}
	if j := s.judge; j != nil {
		out.Judge = &JudgeSummary{stats.NewShare(j.named, j.targets), stats.Distribute(j.probabilities), stats.NewShare(j.agreed, j.images)}
	}
	if q := &s.quality; len(q.variation) > 0 {
		out.Comparison = q.summary(layers)
	}
	return out
}
