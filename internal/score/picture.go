package score

import (
	"fmt"
	"math"
	"time"

	"herbarium/format"
	"herbarium/internal/images"
	"herbarium/internal/measure"
	"herbarium/internal/stats"
)

// part are pictures of a batch that are computed at once, and what nets say of them.
type part struct {
	*Scorer
	batch    *images.Batch
	from     int
	labels   []int
	pictures format.Tensor
	sources  format.Tensor // the originals; without a shape there are none

	logits  [][]float32     // [picture][K]; nil where heads are asked
	heads   [][][]float32   // [picture][head][K]
	stages  []measure.Stage // what they took, where pictures leave the net
	judged  [][]float32     // what the judge says
	heat    format.Tensor
	quality []quality     // beside the originals
	busy    time.Duration // of the net
}

// parts is how many a batch has.
func (s *Scorer) parts(b *images.Batch) int { return (b.Len() + s.Batch - 1) / s.Batch }

// part is the k-th part of a batch with labels.
func (s *Scorer) part(b *images.Batch, labels []int, k int) *part {
	from, to := k*s.Batch, min((k+1)*s.Batch, b.Len())
	return &part{Scorer: s, batch: b, from: from, labels: labels[from:to], pictures: rowsOf(pixels(b), from, to)}
}

func (p *part) item(i int) images.Item { return p.batch.Items[p.from+i] }

// named says which item an error is about.
func (p *part) named(i int, err error) error {
	return fmt.Errorf("item %d (%s): %w", p.from+i, p.item(i).Name(), err)
}

// compute asks the nets about the pictures. It changes nothing but the part and its items: parts are computed side by side.
func (p *part) compute() (err error) {
	for i := range p.labels { // what an earlier run of score has left
		delete(p.item(i), images.KeyExit)
		if len(p.explain) > 0 {
			delete(p.item(i), images.KeyEvidence)
		}
	}
	start := time.Now()
	switch {
	case p.evidence():
		err = p.explainHeads()
	case p.sum.exits != nil:
		err = p.askHeads()
	case p.attention():
		p.logits, p.heat, err = p.net.Attention(p.pictures, p.explain, p.explained)
	case len(p.explain) > 0:
		p.logits, p.heat, err = p.net.GradCAM(p.pictures, p.explain, p.explained)
	default:
		p.logits, err = p.net.Logits(p.pictures)
	}
	p.busy = time.Since(start)
	if err != nil {
		return err
	}
	if p.Judge != nil {
		if p.judged, err = p.Judge.Logits(p.pictures); err != nil {
			return err
		}
	}
	if p.sources.Shape != nil {
		return p.compare()
	}
	return nil
}

// settle writes what was computed into the items and the sum of the net.
func (p *part) settle() error {
	if p.heads != nil {
		if err := p.answer(); err != nil {
			return err
		}
	}
	for i := range p.logits {
		if err := p.predict(i, p.logits[i]); err != nil {
			return err
		}
		if p.Judge != nil {
			if err := p.judge(i, p.judged[i]); err != nil {
				return err
			}
		}
	}
	for i, q := range p.quality {
		if err := p.describe(i, q); err != nil {
			return p.named(i, err)
		}
	}
	return nil
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
