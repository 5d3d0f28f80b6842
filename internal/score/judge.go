package score

import (
	"math"
	"slices"

	"herbarium/internal/graph"
	"herbarium/internal/images"
	"herbarium/internal/measure"
	"herbarium/internal/objective"
	"herbarium/internal/stats"
)

// judge writes what the second net says about a picture into its item.
func (p *part) judge(i int, logits []float32) error {
	if err := p.finite(i, "the judge", logits); err != nil {
		return err
	}
	item := p.item(i)
	said := measure.Predict(logits).Class
	predicted := p.Judge.Classes[said]
	item[images.KeyJudgePredicted] = predicted
	delete(item, images.KeyJudgeCorrect)
	delete(item, images.KeyJudgeProbability)
	byFirst, err := images.ClassOf(p.Judge.Classes, item.Text(images.KeyPredicted), "the judge")
	p.sum.judge.countAgreement(err == nil && byFirst == said)
	target := p.target(i)
	if target == "" || !p.Judge.Named {
		return nil
	}
	k, err := images.ClassOf(p.Judge.Classes, target, "the judge")
	if err != nil {
		return p.named(i, err)
	}
	probability := math.Exp(measure.LogProbability(logits, k))
	item[images.KeyJudgeCorrect] = said == k
	item[images.KeyJudgeProbability] = stats.Round(probability)
	p.sum.judge.countTarget(said == k, probability)
	return nil
}

// target is the class that a picture is meant to be: that of its unit if it is one logit of this net, of whatever head,
// else its label.
func (p *part) target(i int) string {
	if text := p.item(i).Text(images.KeyUnit); text != "" && p.net.Named {
		u, err := objective.Parse(text, p.sum.model)
		head, headErr := p.sum.model.Graph.Find(graph.Logits)
		if err == nil && headErr == nil && len(u.Terms) == 1 {
			t := u.Terms[0]
			if answers := t.Node == head.Name || slices.Contains(p.sum.model.Graph.Outputs(), t.Node); answers && t.Channel >= 0 && t.Weight > 0 {
				return p.net.Classes[t.Channel]
			}
		}
	}
	return p.batch.Class(p.from + i)
}

// agreement counts how often the judge agrees with the net, and sees what pictures are meant to be.
type agreement struct {
	images, agreed, targets, named int
	probabilities                  []float64
}

func (j *agreement) countAgreement(yes bool) {
	j.images++
	if yes {
		j.agreed++
	}
}

func (j *agreement) countTarget(named bool, probability float64) {
	j.targets++
	if named {
		j.named++
	}
	j.probabilities = append(j.probabilities, probability)
}

// JudgeSummary says what a second net sees in the same pictures.
type JudgeSummary struct {
	Targets     *stats.Share        `json:"targets,omitempty"`     // of the images that are meant to be a class, how many the judge sees as it
	Probability *stats.Distribution `json:"probability,omitempty"` // that the judge gives to the class they are meant to be
	Agreement   *stats.Share        `json:"agreement"`             // how often it predicts what the net predicts
}
