package main

import (
	"fmt"
	"math"
	"slices"

	"herbarium/internal/attack"
	"herbarium/internal/errs"
	"herbarium/internal/graph"
	"herbarium/internal/images"
	"herbarium/internal/net"
	"herbarium/internal/random"
	"herbarium/internal/torch"
)

// campaign is the attack on one net, and what has come of it so far.
type campaign struct {
	model        *graph.Net
	plan         attack.Plan
	judge, guide attack.Model
	transfer     bool
	nets         []*attack.Net // to close
	sample       sample
	result       result
}

// campaign puts a net on the device. surrogate may be nil.
func (r *run) campaign(model, surrogate *graph.Net) (*campaign, error) {
	if _, err := model.CheckClassifier(); err != nil {
		return nil, err
	}
	if err := model.CheckClasses(); err != nil {
		return nil, fmt.Errorf("%w: labels cannot be matched to it", err)
	}
	c := &campaign{model: model, plan: r.plan}
	if len(c.plan.Eps) == 0 {
		c.plan.Eps = []float64{1}
		if c.plan.Norm == attack.L2 {
			c.plan.Eps[0] = math.Sqrt(float64(3 * model.Input[1] * model.Input[2]))
		}
	}
	exact := net.Options{Device: r.device, DType: torch.F32}
	var err error
	if c.judge, err = c.load(r, model, exact); err != nil {
		return nil, err
	}
	c.guide = c.judge
	switch {
	case surrogate != nil:
		if !slices.Equal(surrogate.Classes, model.Classes) || !slices.Equal(surrogate.Input, model.Input) {
			c.close()
			return nil, fmt.Errorf("the surrogate has other classes or another input size than the net")
		}
		c.transfer = true
		c.guide, err = c.load(r, surrogate, exact)
	case r.DType == "bf16":
		c.guide, err = c.load(r, model, net.Options{Device: r.device, DType: torch.BF16})
	}
	if err != nil {
		c.close()
		return nil, err
	}
	c.result = newResult(c)
	return c, nil
}

func (c *campaign) load(r *run, model *graph.Net, o net.Options) (attack.Model, error) {
	n, err := attack.NewNet(model, o, r.batch)
	if err != nil {
		return nil, err
	}
	c.nets = append(c.nets, n)
	if r.EOT > 1 {
		return &attack.Expectation{Model: n, Times: r.EOT}, nil
	}
	return n, nil
}

func (c *campaign) close() {
	for _, n := range c.nets {
		n.Close()
	}
}

// labels are the classes of a batch's pictures as the net counts them, matched by name.
func (c *campaign) labels(b *images.Batch) ([]int, error) {
	if b.Labels == nil {
		return nil, errs.Hint(fmt.Errorf("item %q has no label", b.Items[0].Name()), "put photos into one folder per class")
	}
	out := make([]int, b.Len())
	for i := range out {
		name := b.Class(i)
		if name == "" {
			return nil, errs.Hint(fmt.Errorf("item %q has no label", b.Items[i].Name()), "put photos into one folder per class")
		}
		if out[i] = slices.Index(c.model.Classes, name); out[i] < 0 {
			return nil, fmt.Errorf("item %q: the net has no class %q; it has %s", b.Items[i].Name(), name, listed(c.model.Classes))
		}
	}
	return out, nil
}

// listed names classes, not more than fit a message.
func listed(names []string) string {
	const most = 20
	text := fmt.Sprint(names[:min(len(names), most)])
	text = text[1 : len(text)-1]
	if len(names) > most {
		text += fmt.Sprintf(" and %d more", len(names)-most)
	}
	return text
}

// aimed gives the items their targets, which need the net's first answer; it returns the items to attack.
func (c *campaign) aimed(r *run, p *attack.Problem) (rows []int, err error) {
	class := attack.NoTarget
	if r.Target != "" {
		if class = slices.Index(c.model.Classes, r.Target); class < 0 {
			return nil, fmt.Errorf("--target: the net has no class %q; it has %s", r.Target, listed(c.model.Classes))
		}
	}
	for i := range p.Items {
		item := &p.Items[i]
		item.Target = class
		if r.Targeted != "no" {
			item.Target = c.target(r, p.Clean[i], item)
		}
		if item.Target == attack.NoTarget || item.Target != item.Label {
			rows = append(rows, i)
		}
	}
	return rows, nil
}

// target is a class other than the item's own.
func (c *campaign) target(r *run, logits []float32, item *attack.Item) int {
	best := -1
	if r.Targeted == "random" {
		k := random.New(r.Seed, random.Key("target"), item.Key).IntN(len(logits) - 1)
		if k >= item.Label {
			k++
		}
		return k
	}
	for k, z := range logits {
		if k == item.Label {
			continue
		}
		if best < 0 || r.Targeted == "likely" && z > logits[best] || r.Targeted == "least" && z < logits[best] {
			best = k
		}
	}
	return best
}
