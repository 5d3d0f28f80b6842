package main

import (
	"fmt"

	"herbarium/internal/graph"
	"herbarium/internal/measure"
	"herbarium/internal/report"
	"herbarium/internal/stats"
)

// sum gathers what the images that one net has seen amount to.
type sum struct {
	model   *graph.Net
	seen    *measure.Tally
	judge   *judgement
	exit    *exit // nil without --exit-threshold
	quality qualities
}

func newSum(model *graph.Net, net, judge *measure.Classifier) *sum {
	s := &sum{model: model, seen: measure.NewTally(net.Classes)}
	if judge != nil {
		s.judge = &judgement{}
	}
	return s
}

// judgement counts the verdicts of a judge.
type judgement struct {
	images, agreed, targets, named int
	probabilities                  []float64
}

func (j *judgement) agree(yes bool) {
	j.images++
	if yes {
		j.agreed++
	}
}

func (j *judgement) target(named bool, probability float64) {
	j.targets++
	if named {
		j.named++
	}
	j.probabilities = append(j.probabilities, probability)
}

// quality is how one picture compares with its original.
type quality struct {
	psnr, variation, sourceVariation float64
	errors                           []float64 // by --layer
}

// qualities are those of all pictures; 8 bytes for each number.
type qualities struct {
	exact                                   int // copies of their originals, which have no psnr
	psnr, variation, sourceVariation, ratio []float64
	errors                                  [][]float64 // by layer
}

func (q *qualities) add(one quality) {
	if one.psnr > 1e300 {
		q.exact++
	} else {
		q.psnr = append(q.psnr, one.psnr)
	}
	q.variation = append(q.variation, one.variation)
	q.sourceVariation = append(q.sourceVariation, one.sourceVariation)
	if one.sourceVariation > 0 {
		q.ratio = append(q.ratio, one.variation/one.sourceVariation)
	}
	if q.errors == nil {
		q.errors = make([][]float64, len(one.errors))
	}
	for k, v := range one.errors {
		q.errors[k] = append(q.errors[k], v)
	}
}

// summary is the report on the images of one net.
type summary struct {
	Net string `json:"net,omitempty"` // its architecture
	measure.Summary
	Exit       *exitSummary       `json:"exit,omitempty"`
	Judge      *judgeSummary      `json:"judge,omitempty"`
	Comparison *comparisonSummary `json:"comparison,omitempty"` // with originals
}

type judgeSummary struct {
	Targets     *stats.Share        `json:"targets,omitempty"`     // of the images that are meant to be a class, how many the judge sees as it
	Probability *stats.Distribution `json:"probability,omitempty"` // that the judge gives to the class they are meant to be
	Agreement   *stats.Share        `json:"agreement"`             // how often it predicts what the net predicts
}

type comparisonSummary struct {
	Exact           int                            `json:"exact,omitempty"` // copies of their originals, not in psnr
	PSNR            *stats.Distribution            `json:"psnr,omitempty"`
	Variation       *stats.Distribution            `json:"variation"`
	SourceVariation *stats.Distribution            `json:"source_variation"`
	Ratio           *stats.Distribution            `json:"variation_ratio,omitempty"` // to the original's
	Error           map[string]*stats.Distribution `json:"error,omitempty"`
}

func (s *sum) summary(layers []string) summary {
	out := summary{Net: s.model.Arch, Summary: s.seen.Summary()}
	if s.exit != nil {
		out.Exit = s.exit.summary()
	}
	if j := s.judge; j != nil {
		out.Judge = &judgeSummary{stats.NewShare(j.named, j.targets), stats.Distribute(j.probabilities), stats.NewShare(j.agreed, j.images)}
	}
	if q := &s.quality; len(q.variation) > 0 {
		out.Comparison = &comparisonSummary{Exact: q.exact, PSNR: stats.Distribute(q.psnr), Variation: stats.Distribute(q.variation),
			SourceVariation: stats.Distribute(q.sourceVariation), Ratio: stats.Distribute(q.ratio)}
		for k, values := range q.errors {
			if out.Comparison.Error == nil {
				out.Comparison.Error = map[string]*stats.Distribution{}
			}
			out.Comparison.Error[layers[k]] = stats.Distribute(values)
		}
	}
	return out
}

// report writes the summaries where they belong.
func (r *run) report() error {
	r.finishNet()
	var all []summary
	for _, s := range r.done {
		all = append(all, s.summary(r.Layer))
	}
	if err := report.Save(r.session, &r.Flags, all, writeTables); err != nil {
		return err
	}
	if r.ExitPlot != "" {
		p, err := plotAnytime(all)
		if err != nil {
			return err
		}
		if err := report.SavePlots(r.session, r.ExitPlot, p); err != nil {
			return err
		}
	}
	speed := fmt.Sprintf("%.0f images/s", float64(r.images)/r.busy.Seconds())
	if r.Text() {
		r.session.Infof("%s", speed)
		return report.Print(r.session, &r.Flags, r.Output, all, writeTables)
	}
	for _, s := range all {
		r.session.Infof("%s; %s", headline(s), speed)
		if err := report.Document(r.session, "score", s); err != nil {
			return err
		}
	}
	return nil
}
