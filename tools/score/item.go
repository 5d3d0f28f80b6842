package main

import (
	"fmt"
	"math"
	"slices"

	"herbarium/format"
	"herbarium/internal/graph"
	"herbarium/internal/images"
	"herbarium/internal/measure"
	"herbarium/internal/objective"
	"herbarium/internal/stats"
)

// part is what of a document is computed at once.
type part struct {
	*run
	batch    *images.Batch
	from     int
	labels   []int
	pictures format.Tensor
	sources  format.Tensor // without a shape: none
}

// part is that of a batch with labels which begins at from.
func (r *run) part(b *images.Batch, labels []int, from int) part {
	to := min(from+r.batch, b.Len())
	return part{run: r, batch: b, from: from, labels: labels[from:to], pictures: rowsOf(pixels(b), from, to)}
}

func (p *part) item(i int) images.Item { return p.batch.Items[p.from+i] }

// named says which item an error is about.
func (p *part) named(i int, err error) error {
	return fmt.Errorf("item %d (%s): %w", p.from+i, p.item(i).Name(), err)
}

// score measures the pictures, writes what it finds into their items and the sum, and returns the heat maps.
func (p *part) score() (heat format.Tensor, err error) {
	for i := range p.labels { // what an earlier score has said
		delete(p.item(i), "exit")
		if len(p.explain) > 0 {
			delete(p.item(i), "evidence")
		}
	}
	var logits, verdicts [][]float32
	err = p.timed(func() (err error) {
		switch {
		case p.evidence():
			logits, heat, err = p.evident()
		case p.sum.exit != nil:
			logits, err = p.exits()
		case len(p.explain) > 0:
			logits, heat, err = p.net.GradCAM(p.pictures, p.explain, p.explained)
		default:
			logits, err = p.net.Logits(p.pictures)
		}
		return err
	})
	if err != nil {
		return heat, err
	}
	if p.judge != nil {
		if verdicts, err = p.judge.Logits(p.pictures); err != nil {
			return heat, err
		}
	}
	for i := range logits {
		if err := p.predict(i, logits[i]); err != nil {
			return heat, err
		}
		if p.judge != nil {
			if err := p.verdict(i, verdicts[i]); err != nil {
				return heat, err
			}
		}
	}
	if p.sources.Shape != nil {
		return heat, p.compare()
	}
	return heat, nil
}

// explained is the class that a picture is explained for.
func (p *part) explained(i int, logits []float32) (int, error) {
	if err := p.finite(i, "the net", logits); err != nil {
		return 0, err
	}
	k := 0
	switch p.ExplainClass {
	case "predicted":
		k = measure.Predict(logits).Class
	case "label":
		if k = p.labels[i]; k == measure.NoClass {
			return 0, p.named(i, fmt.Errorf("no label to explain; --explain-class takes a name, too"))
		}
	default:
		k = p.net.Class(p.ExplainClass)
	}
	p.item(i)["explained"] = p.net.Classes[k]
	return k, nil
}

func (p *part) finite(i int, who string, logits []float32) error {
	if !measure.Finite(logits) {
		return p.named(i, fmt.Errorf("%s gives logits that are not numbers: the picture or the net is broken", who))
	}
	return nil
}

func (p *part) predict(i int, logits []float32) error {
	if err := p.finite(i, "the net", logits); err != nil {
		return err
	}
	item, label, said := p.item(i), p.labels[i], measure.Predict(logits)
	item["predicted"] = p.net.Classes[said.Class]
	item["probability"] = stats.Round(said.Probability)
	item["margin"] = stats.Round(said.Margin)
	delete(item, "correct")
	delete(item, "label_probability")
	if label != measure.NoClass {
		item["correct"] = said.Class == label
		item["label_probability"] = stats.Round(math.Exp(measure.LogProbability(logits, label)))
	}
	p.sum.seen.Add(label, logits)
	return nil
}

// verdict is the judge's opinion.
func (p *part) verdict(i int, logits []float32) error {
	if err := p.finite(i, "the judge", logits); err != nil {
		return err
	}
	item := p.item(i)
	said := p.judge.Classes[measure.Predict(logits).Class]
	item["judge_predicted"] = said
	delete(item, "judge_correct")
	delete(item, "judge_probability")
	p.sum.judge.agree(said == item.Text("predicted"))
	target := p.target(i)
	if target == "" || !p.judge.Named {
		return nil
	}
	k := p.judge.Class(target)
	if k < 0 {
		return p.named(i, unknownClasses([]string{target}, "the judge", p.judge))
	}
	probability := math.Exp(measure.LogProbability(logits, k))
	item["judge_correct"] = said == target
	item["judge_probability"] = stats.Round(probability)
	p.sum.judge.target(said == target, probability)
	return nil
}

// target is the class that a picture is meant to be: that of its unit if it is one logit of this net, of whatever head,
// else its label.
func (p *part) target(i int) string {
	if text := p.item(i).Text("unit"); text != "" && p.net.Named {
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

// compare measures the pictures against their originals.
func (p *part) compare() error {
	var errors [][]float64
	if len(p.Layer) > 0 {
		var err error
		if errors, err = p.net.Errors(p.pictures, p.sources, p.Layer); err != nil {
			return err
		}
	}
	all, err := measure.Intensities(p.pictures)
	if err != nil {
		return err
	}
	originals, err := measure.Intensities(p.sources)
	if err != nil {
		return err
	}
	size := len(all) / len(p.labels)
	for i := range p.labels {
		picture, original := all[i*size:(i+1)*size], originals[i*size:(i+1)*size]
		q := quality{
			psnr:            measure.PSNR(picture, original),
			variation:       measure.Variation(picture, p.batch.Height, p.batch.Width),
			sourceVariation: measure.Variation(original, p.batch.Height, p.batch.Width),
		}
		if errors != nil {
			q.errors = errors[i]
		}
		if err := p.describe(i, q); err != nil {
			return p.named(i, err)
		}
	}
	return nil
}

func (p *part) describe(i int, q quality) error {
	item := p.item(i)
	if math.IsNaN(q.psnr) || math.IsNaN(q.variation) {
		return fmt.Errorf("the picture or its original has values that are not numbers")
	}
	delete(item, "psnr") // an exact copy has none
	if !math.IsInf(q.psnr, 0) {
		item["psnr"] = stats.Round(q.psnr)
	}
	item["variation"] = stats.Round(q.variation)
	item["source_variation"] = stats.Round(q.sourceVariation)
	if q.errors != nil {
		byLayer := map[string]any{}
		for k, v := range q.errors {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return fmt.Errorf("layer %s gives no error: it is zero, or not a number, for the original", p.Layer[k])
			}
			byLayer[p.Layer[k]] = stats.Round(v)
		}
		item["error"] = byLayer
	}
	p.sum.quality.add(q)
	return nil
}
