package main

import (
	"fmt"
	"slices"
	"strconv"

	"herbarium/format"
	"herbarium/internal/cli"
	"herbarium/internal/errs"
	"herbarium/internal/graph"
	"herbarium/internal/images"
	"herbarium/internal/measure"
	"herbarium/internal/report"
	"herbarium/internal/stats"
)

// evidence says whether the heads' own maps are asked for.
func (c *command) evidence() bool { return slices.Contains(c.Explain, "evidence") }

// checkExit refuses flags about heads that contradict others.
func (c *command) checkExit() error {
	auto := c.ExitThreshold == "auto"
	p, err := strconv.ParseFloat(c.ExitThreshold, 64)
	switch {
	case c.evidence() && len(c.Explain) > 1:
		return errs.Usagef("--explain evidence explains all heads, and goes with no other layer")
	case c.ExitThreshold != "" && len(c.Explain) > 0 && !c.evidence():
		return errs.Usagef("--exit-threshold goes with --explain evidence only: other maps explain the last head")
	case c.ExitThreshold != "" && !auto && (err != nil || !(p >= 0 && p <= 1)):
		return errs.Usagef("--exit-threshold %s is neither a probability from 0 to 1 nor auto", c.ExitThreshold)
	case auto != (c.ExitVal != ""):
		return errs.Usagef("--exit-threshold auto and --exit-val FILE need each other")
	case c.ExitPlot != "" && c.ExitThreshold == "":
		return errs.Usagef("--exit-plot draws what --exit-threshold counts")
	case c.ExitLoss != 0.01 && !auto:
		return errs.Usagef("--exit-loss says nothing without --exit-threshold auto")
	case !(c.ExitLoss >= 0 && c.ExitLoss < 1):
		return errs.Usagef("--exit-loss %g is not a share from 0 to 1", c.ExitLoss)
	case c.OnlyScale < 0:
		return errs.Usagef("--only-scale %d is no number of rows", c.OnlyScale)
	}
	return report.CheckPlot("--exit-plot", c.ExitPlot)
}

// readExitVal reads the photos that a threshold is chosen on.
func (r *run) readExitVal() error {
	used := 0
	return r.session.ReadFile(r.ExitVal, cli.Handlers{images.Kind: func(d *format.Document) error {
		b, err := images.FromDocument(d)
		if err != nil {
			return err
		}
		if used += len(pixels(b).Data); used > mostOriginals {
			return fmt.Errorf("more than %d MiB of photos; fewer are enough to choose a threshold", mostOriginals>>20)
		}
		r.exitVal = append(r.exitVal, b)
		return nil
	}})
}

// exit is where images leave one net.
type exit struct {
	model     *graph.Net
	heads     []graph.Head
	threshold float64
	size      [2]int           // of the images seen
	seen      *measure.Exits   // nil before the first
	chosen    *measure.Anytime // what the threshold gives on --exit-val
}

// newExit chooses the threshold if it is to be chosen.
func (r *run) newExit(model *graph.Net) (*exit, error) {
	e := &exit{model: model, heads: model.Graph.Heads()}
	if len(e.heads) < 2 {
		return nil, fmt.Errorf("this net has one head: there is no exit before it")
	}
	if r.ExitThreshold != "auto" {
		e.threshold, _ = strconv.ParseFloat(r.ExitThreshold, 64) // checked before
		return e, nil
	}
	val := &exit{model: model, heads: e.heads}
	for _, b := range r.exitVal {
		if err := r.readExits(val, b); err != nil {
			return nil, fmt.Errorf("%s: %w", r.ExitVal, err)
		}
	}
	if val.seen == nil {
		return nil, fmt.Errorf("%s has no labelled photos of this net's classes to choose a threshold on", r.ExitVal)
	}
	e.threshold = val.seen.Choose(r.ExitLoss)
	at := val.seen.At(e.threshold)
	e.chosen = &at
	return e, nil
}

// readExits sees the labelled photos of a batch.
func (r *run) readExits(val *exit, b *images.Batch) error {
	if err := r.fit(r.net, b); err != nil {
		return err
	}
	labels, err := r.labels(b)
	if err != nil {
		return err
	}
	for from := 0; from < b.Len(); from += r.batch {
		p := r.part(b, labels, from)
		logits, err := r.net.Heads(p.pictures)
		if err != nil {
			return err
		}
		if err := p.finiteHeads(logits); err != nil {
			return err
		}
		for i, byHead := range logits {
			if p.labels[i] == measure.NoClass {
				continue
			}
			if err := val.see(&p, i, byHead); err != nil {
				return err
			}
		}
	}
	return nil
}

// see counts a picture. Those of another size than the first would cost other multiply-adds.
func (e *exit) see(p *part, i int, logits [][]float32) error {
	size := [2]int{p.batch.Height, p.batch.Width}
	if e.seen == nil {
		var names []string
		var macs []int64
		for _, h := range e.heads {
			names = append(names, h.Name)
			_, cost, err := e.model.Graph.Cost(graph.Shape{3, size[0], size[1]}, names...)
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

// exits answers each picture at the first head that is sure enough.
func (p *part) exits() ([][]float32, error) {
	logits, err := p.net.Heads(p.pictures)
	if err != nil {
		return nil, err
	}
	return p.answers(logits)
}

// evident is exits with the maps of all heads; without a threshold the last head answers.
func (p *part) evident() ([][]float32, format.Tensor, error) {
	logits, heat, err := p.net.Evidence(p.pictures, func(i int, logits [][]float32) (int, error) {
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
		p.item(i)["evidence"] = byHead
		return k, nil
	})
	if err != nil {
		return nil, heat, err
	}
	answers, err := p.answers(logits)
	return answers, heat, err
}

// leave is the head that answers.
func (p *part) leave(logits [][]float32) int {
	if p.sum.exit == nil {
		return len(logits) - 1
	}
	return measure.Leave(logits, p.sum.exit.threshold)
}

func (p *part) answers(logits [][][]float32) ([][]float32, error) {
	if err := p.finiteHeads(logits); err != nil {
		return nil, err
	}
	out := make([][]float32, len(logits))
	for i, byHead := range logits {
		h := p.leave(byHead)
		out[i] = byHead[h]
		if e := p.sum.exit; e != nil {
			p.item(i)["exit"] = e.heads[h].Name
			if err := e.see(p, i, byHead); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

func (p *part) finiteHeads(logits [][][]float32) error {
	for i, byHead := range logits {
		for _, l := range byHead {
			if err := p.finite(i, "the net", l); err != nil {
				return err
			}
		}
	}
	return nil
}

// exitSummary is the report on early exits.
type exitSummary struct {
	Threshold float64           `json:"threshold"`        // 2: nothing leaves early
	Chosen    *measure.Anytime  `json:"chosen,omitempty"` // what it gives on --exit-val
	MACs      float64           `json:"macs"`             // mean of an image
	AllMACs   int64             `json:"all_macs"`         // of the last head
	Saved     float64           `json:"saved"`            // share of the multiply-adds
	Heads     []measure.Exit    `json:"heads"`
	Anytime   []measure.Anytime `json:"anytime"`
}

func (e *exit) summary() *exitSummary {
	at, all := e.seen.At(e.threshold), e.seen.MACs[len(e.heads)-1]
	return &exitSummary{Threshold: at.Threshold, Chosen: e.chosen, MACs: at.MACs, AllMACs: all,
		Saved: stats.Round(1 - at.MACs/float64(all)), Heads: e.seen.ByHead(e.threshold), Anytime: e.seen.Curve()}
}
