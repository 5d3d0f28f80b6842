package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"herbarium/format"
	"herbarium/internal/cli"
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
		return cli.UsageErrorf("--explain evidence explains all heads, and goes with no other layer")
	case c.ExitThreshold != "" && len(c.Explain) > 0 && !c.evidence():
		return cli.UsageErrorf("--exit-threshold goes with --explain evidence only: other maps explain the last head")
	case c.ExitThreshold != "" && !auto && (err != nil || !(p >= 0 && p <= 1)):
		return cli.UsageErrorf("--exit-threshold %s is neither a probability from 0 to 1 nor auto", c.ExitThreshold)
	case auto != (c.ExitVal != ""):
		return cli.UsageErrorf("--exit-threshold auto and --exit-val FILE need each other")
	case c.ExitPlot != "" && c.ExitThreshold == "":
		return cli.UsageErrorf("--exit-plot draws what --exit-threshold counts")
	case !(c.ExitLoss >= 0 && c.ExitLoss < 1):
		return cli.UsageErrorf("--exit-loss %g is not a share from 0 to 1", c.ExitLoss)
	case c.OnlyScale < 0:
		return cli.UsageErrorf("--only-scale %d is no number of rows", c.OnlyScale)
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
	heads     []graph.Head
	threshold float64
	all       int64 // multiply-adds of the whole net
	seen      *measure.Exits
	chosen    *measure.Anytime // what the threshold gives on --exit-val
}

// newExit knows what the heads of a net cost, and chooses the threshold if it is to be chosen.
func (r *run) newExit(model *graph.Net) (*exit, error) {
	e := &exit{heads: model.Graph.Heads()}
	if len(e.heads) < 2 {
		return nil, fmt.Errorf("this net has one head: there is no exit before it")
	}
	var names []string
	var macs []int64
	for _, h := range e.heads {
		names = append(names, h.Name)
		_, cost, err := model.Graph.Cost(model.Input, names...)
		if err != nil {
			return nil, err
		}
		macs = append(macs, cost)
	}
	e.all, e.seen = macs[len(macs)-1], measure.NewExits(names, macs)
	if r.ExitThreshold != "auto" {
		e.threshold, _ = strconv.ParseFloat(r.ExitThreshold, 64) // checked before
		return e, nil
	}
	val := measure.NewExits(names, macs)
	labelled := 0
	for _, b := range r.exitVal {
		if err := r.fit(r.net, b); err != nil {
			return nil, fmt.Errorf("%s: %w", r.ExitVal, err)
		}
		labels, err := r.labels(b)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.ExitVal, err)
		}
		for from := 0; from < b.Len(); from += r.batch {
			logits, err := r.net.Heads(rowsOf(pixels(b), from, min(from+r.batch, b.Len())))
			if err != nil {
				return nil, err
			}
			for i, l := range logits {
				if label := labels[from+i]; label != measure.NoClass {
					val.Add(label, l)
					labelled++
				}
			}
		}
	}
	if labelled == 0 {
		return nil, fmt.Errorf("%s has no labelled photos of this net's classes to choose a threshold on", r.ExitVal)
	}
	e.threshold = val.Choose(r.ExitLoss)
	at := val.At(e.threshold)
	e.chosen = &at
	return e, nil
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
	out := make([][]float32, len(logits))
	for i, byHead := range logits {
		for _, l := range byHead {
			if err := p.finite(i, "the net", l); err != nil {
				return nil, err
			}
		}
		h := p.leave(byHead)
		out[i] = byHead[h]
		delete(p.item(i), "exit")
		if e := p.sum.exit; e != nil {
			p.item(i)["exit"] = e.heads[h].Name
			if p.labels[i] != measure.NoClass {
				e.seen.Add(p.labels[i], byHead)
			}
		}
	}
	return out, nil
}

// exitSummary is the report on early exits of the labelled images.
type exitSummary struct {
	Threshold float64           `json:"threshold"`        // 2: nothing leaves early
	Chosen    *measure.Anytime  `json:"chosen,omitempty"` // what it gives on --exit-val
	MACs      float64           `json:"macs"`             // mean of an image
	AllMACs   int64             `json:"all_macs"`         // of the last head
	Saved     *float64          `json:"saved,omitempty"`  // share of the multiply-adds
	Heads     []measure.Exit    `json:"heads"`
	Anytime   []measure.Anytime `json:"anytime"`
}

func (e *exit) summary() *exitSummary {
	at := e.seen.At(e.threshold)
	out := &exitSummary{Threshold: at.Threshold, Chosen: e.chosen, MACs: at.MACs, AllMACs: e.all,
		Heads: e.seen.ByHead(e.threshold), Anytime: e.seen.Curve()}
	if at.Accuracy != nil {
		saved := stats.Round(math.Max(0, 1-at.MACs/float64(e.all)))
		out.Saved = &saved
	}
	return out
}
