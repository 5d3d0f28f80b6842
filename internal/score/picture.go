package score

import (
	"fmt"
	"math"

	"herbarium/format"
	"herbarium/internal/images"
	"herbarium/internal/measure"
	"herbarium/internal/stats"
)

// part are pictures of a batch that are computed at once.
type part struct {
	*Scorer
	batch    *images.Batch
	from     int
	labels   []int
	pictures format.Tensor
	sources  format.Tensor // the originals; without a shape there are none
}

// part is what begins at picture from of a batch with labels.
func (s *Scorer) part(b *images.Batch, labels []int, from int) part {
	to := min(from+s.Batch, b.Len())
	return part{Scorer: s, batch: b, from: from, labels: labels[from:to], pictures: rowsOf(pixels(b), from, to)}
}

func (p *part) item(i int) images.Item { return p.batch.Items[p.from+i] }

// named says which item an error is about.
func (p *part) named(i int, err error) error {
	return fmt.Errorf("item %d (%s): %w", p.from+i, p.item(i).Name(), err)
}

// score measures the pictures, writes what it finds into their items and the sum of the net, and returns the heat maps.
func (p *part) score() (heat format.Tensor, err error) {
	for i := range p.labels { // what an earlier run of score has left
		delete(p.item(i), images.KeyExit)
		if len(p.explain) > 0 {
			delete(p.item(i), images.KeyEvidence)
		}
	}
	var logits, judged [][]float32
	err = p.timed(func() (err error) {
		switch {
		case p.evidence():
			logits, heat, err = p.explainHeads()
		case p.sum.exits != nil:
			logits, err = p.answerEarly()
		case p.attention():
			logits, heat, err = p.net.Attention(p.pictures, p.explain, p.explained)
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
	if p.Judge != nil {
		if judged, err = p.Judge.Logits(p.pictures); err != nil {
			return heat, err
		}
	}
	for i := range logits {
		if err := p.predict(i, logits[i]); err != nil {
			return heat, err
		}
		if p.Judge != nil {
			if err := p.judge(i, judged[i]); err != nil {
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
	case Predicted:
		k = measure.Predict(logits).Class
	case Label:
		if k = p.labels[i]; k == measure.NoClass {
			return 0, p.named(i, fmt.Errorf("no label to explain; --explain-class takes a name, too"))
		}
	default:
		k = p.explainClass
	}
	p.item(i)[images.KeyExplained] = p.net.Classes[k]
	return k, nil
}

func (p *part) finite(i int, who string, logits []float32) error {
	if !measure.Finite(logits) {
		return p.named(i, fmt.Errorf("%s gives logits that are not numbers: the picture or the net is broken", who))
	}
	return nil
}

// predict writes what the net says about a picture into its item.
func (p *part) predict(i int, logits []float32) error {
	if err := p.finite(i, "the net", logits); err != nil {
		return err
	}
	item, label, prediction := p.item(i), p.labels[i], measure.Predict(logits)
	item[images.KeyPredicted] = p.net.Classes[prediction.Class]
	item[images.KeyProbability] = stats.Round(prediction.Probability)
	item[images.KeyMargin] = stats.Round(prediction.Margin)
	delete(item, images.KeyCorrect)
	delete(item, images.KeyLabelProbability)
	if label != measure.NoClass {
		item[images.KeyCorrect] = prediction.Class == label
		item[images.KeyLabelProbability] = stats.Round(math.Exp(measure.LogProbability(logits, label)))
	}
	p.sum.seen.Add(label, logits)
	return nil
}
