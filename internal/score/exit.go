package score

import (
	"fmt"
	"time"

	"herbarium/internal/errs"
	"herbarium/internal/graph"
	"herbarium/internal/images"
	"herbarium/internal/measure"
	"herbarium/internal/stats"
	"herbarium/internal/torch"
)

// Exit lets each picture stop at the first head that gives its class a probability of at least a threshold.
type Exit struct {
	Threshold float64
	// Validation are labeled photos to choose the threshold on, in place of Threshold: the least one from which on up to
	// certainty accuracy stays within Loss of the last head's. Name is what errors call them, their file.
	Validation *Photos
	Name       string
	Loss       float64 // share of the validation photos
	// Whole runs every picture through the whole net all the same, so that what every head says of all pictures is known.
	Whole bool
}

// exits counts where the pictures of one net leave it.
type exits struct {
	model     *graph.Net
	heads     []graph.Head
	threshold float64
	size      [2]int           // height and width of the pictures seen
	seen      *measure.Exits   // nil before the first
	chosen    *measure.Anytime // what the threshold gives on the validation photos
	stages    []measure.Stage  // what they took, where pictures leave the net
}

// newExits chooses the threshold if it is to be chosen.
func (s *Scorer) newExits(model *graph.Net) (*exits, error) {
	e := &exits{model: model, heads: model.Graph.Heads(), threshold: s.Exit.Threshold}
	if len(e.heads) < 2 {
		return nil, fmt.Errorf("this net has one head: there is no exit before it")
	}
	if s.Exit.Validation == nil {
		return e, nil
	}
	val := &exits{model: model, heads: e.heads}
	for _, b := range s.Exit.Validation.batches {
		if err := s.validate(val, b); err != nil {
			return nil, fmt.Errorf("%s: %w", s.Exit.Name, err)
		}
	}
	if val.seen == nil {
		return nil, fmt.Errorf("%s has no labeled photos of this net's classes to choose a threshold on", s.Exit.Name)
	}
	e.threshold = val.seen.Choose(s.Exit.Loss)
	at := val.seen.At(e.threshold)
	e.chosen = &at
	return e, nil
}

// validate counts the labeled photos of a batch.
func (s *Scorer) validate(val *exits, b *images.Batch) error {
	if err := s.checkSize(s.net, "the net", b); err != nil {
		return err
	}
	labels, err := s.labels(b)
	if err != nil {
		return err
	}
	return torch.Each(s.net.Workers(s.Batch), s.parts(b), func(k int) (p *part, err error) {
		p = s.part(b, labels, k)
		p.heads, err = s.net.Heads(p.pictures)
		return p, err
	}, func(_ int, p *part) error {
		if err := p.finiteHeads(); err != nil {
			return err
		}
		for i, byHead := range p.heads {
			if p.labels[i] == measure.NoClass {
				continue
			}
			if err := val.add(p, i, byHead); err != nil {
				return err
			}
		}
		return nil
	})
}

// add counts a picture. Those of another size than the first would cost other multiply-adds.
func (e *exits) add(p *part, i int, logits [][]float32) error {
	size := [2]int{p.batch.Height, p.batch.Width}
	if e.seen == nil {
		var names []string
		var macs []int64
		for _, h := range e.heads {
			names = append(names, h.Name)
			_, cost, err := e.model.Graph.Cost(graph.Shape{e.model.Input[0], size[0], size[1]}, names...)
			if err != nil {
				return err
			}
			macs = append(macs, cost)
		}
		e.size, e.seen = size, measure.NewExits(names, macs)
	}
	if size != e.size {
		return p.named(i, errs.Hint(fmt.Errorf("a picture of %dx%d after some of %dx%d, which cost other multiply-adds", size[0], size[1], e.size[0], e.size[1]),
			"count early exits of each size by itself"))
	}
	e.seen.Add(p.labels[i], logits)
	return nil
}

// askHeads asks the heads about each picture up to the first that is sure enough, and leaves the rest of the net out for it.
func (p *part) askHeads() (err error) {
	if p.Exit.Whole {
		p.heads, err = p.net.Heads(p.pictures)
	} else {
		p.heads, p.stages, err = p.net.HeadsUntil(p.pictures, p.sum.exits.threshold)
	}
	return err
}

// took adds what the stages took.
func (e *exits) took(stages []measure.Stage) {
	if e.stages == nil {
		e.stages = make([]measure.Stage, len(stages))
	}
	for h, s := range stages {
		e.stages[h].Pictures += s.Pictures
		e.stages[h].Time += s.Time
	}
}

// spent is what the stages took, and what they would have for all pictures at the same time for each.
func (e *exits) spent() (took, all time.Duration) {
	for _, s := range e.stages {
		took += s.Time
		if s.Pictures > 0 {
			all += time.Duration(float64(s.Time) / float64(s.Pictures) * float64(e.stages[0].Pictures))
		}
	}
	return took, all
}

// explainHeads asks all heads, with their maps for the class that is explained.
func (p *part) explainHeads() (err error) {
	p.heads, p.heat, err = p.net.Evidence(p.pictures, func(i int, logits [][]float32) (int, error) {
		k, err := p.explained(i, logits[p.leave(logits)])
		if err != nil {
			return 0, err
		}
		byHead := map[string]any{}
		for h, l := range logits {
			bias, err := p.net.Bias(h, k)
			if err != nil {
				return 0, err
			}
			byHead[p.explain[h]] = map[string]any{"logit": stats.Round(float64(l[k])), "bias": stats.Round(bias)}
		}
		p.item(i)[images.KeyEvidence] = byHead
		return k, nil
	})
	return err
}

// leave is the head that answers.
func (p *part) leave(logits [][]float32) int {
	if p.sum.exits == nil {
		return len(logits) - 1
	}
	return measure.Leave(logits, p.sum.exits.threshold)
}

// answer takes the logits of the head that answers each picture: the first that is sure enough, or else the last.
func (p *part) answer() error {
	if err := p.finiteHeads(); err != nil {
		return err
	}
	if p.stages != nil {
		p.sum.exits.took(p.stages)
	}
	for i, byHead := range p.heads {
		h := p.leave(byHead)
		p.logits = append(p.logits, byHead[h])
		if e := p.sum.exits; e != nil {
			p.item(i)[images.KeyExit] = e.heads[h].Name
			if err := e.add(p, i, byHead); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *part) finiteHeads() error {
	for i, byHead := range p.heads {
		for _, l := range byHead {
			if err := p.finite(i, "the net", l); err != nil {
				return err
			}
		}
	}
	return nil
}

// ExitSummary is the report on early exits.
type ExitSummary struct {
	Threshold float64           `json:"threshold"`        // 2: nothing leaves early
	Chosen    *measure.Anytime  `json:"chosen,omitempty"` // what it gives on the validation photos
	MACs      float64           `json:"macs"`             // mean of an image
	AllMACs   int64             `json:"all_macs"`         // of the last head
	Saved     float64           `json:"saved"`            // share of the multiply-adds
	Heads     []measure.Exit    `json:"heads"`
	Anytime   []measure.Anytime `json:"anytime,omitempty"` // if all pictures went through the whole net
}

func (e *exits) summary() *ExitSummary {
	at, all := e.seen.At(e.threshold), max(e.seen.MACs[len(e.heads)-1], 1)
	return &ExitSummary{Threshold: at.Threshold, Chosen: e.chosen, MACs: at.MACs, AllMACs: all,
		Saved: stats.Round(1 - at.MACs/float64(all)), Heads: e.seen.ByHead(e.threshold), Anytime: e.seen.Curve()}
}
