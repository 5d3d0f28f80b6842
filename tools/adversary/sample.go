package main

import (
	"cmp"
	"slices"

	"herbarium/internal/attack"
	"herbarium/internal/random"
	"herbarium/internal/torch"
)

// sampleSize is how many items a verdict looks at.
const sampleSize = 256

// sample is a random part of the items that have come: those whose keys have the smallest hashes, whatever their order.
type sample struct {
	items []sampled
	limit int
	shape []int // [3,H,W]
}

type sampled struct {
	rank   uint64
	item   attack.Item
	pixels []float32
	clean  []float32
	result attack.Result
}

// add offers the attacked items of a problem.
func (m *sample) add(p *attack.Problem, rows []int, pixels []float32, size int) {
	m.shape = p.X.Shape()[1:]
	m.limit = min(sampleSize, max(partBytes/(4*size), 1))
	for _, i := range rows {
		one := sampled{item: p.Items[i], clean: p.Clean[i], result: p.Results[i]}
		one.rank = random.New(0, random.Key("verdict"), one.item.Key).Uint64()
		if len(m.items) == m.limit && one.rank >= m.items[m.limit-1].rank {
			continue
		}
		one.pixels = slices.Clone(pixels[i*size : (i+1)*size])
		one.result.Image = nil
		at, _ := slices.BinarySearchFunc(m.items, one, func(a, b sampled) int { return cmp.Compare(a.rank, b.rank) })
		m.items = slices.Insert(m.items, at, one)
		m.items = m.items[:min(len(m.items), m.limit)]
	}
}

// verdict checks what the campaign has found on its sample.
func (c *campaign) verdict(r *run) ([]attack.Check, error) {
	var checks []attack.Check
	err := torch.Do(func(s *torch.Scope) error {
		p := &attack.Problem{Model: c.judge, Surrogate: c.guide, Seed: r.Seed, Quantize: r.Quantize}
		p.Ball = attack.Ball{Norm: c.plan.Norm, Eps: c.plan.Eps[len(c.plan.Eps)-1]}
		var pixels []float32
		for _, one := range c.sample.items {
			p.Items, p.Clean, p.Results = append(p.Items, one.item), append(p.Clean, one.clean), append(p.Results, one.result)
			pixels = append(pixels, one.pixels...)
		}
		p.ZeroGrad = make([]bool, len(p.Items))
		p.X = s.To(torch.From(s, append([]int{len(p.Items)}, c.sample.shape...), pixels), r.device)
		v := attack.Verdict{Plan: c.plan, Steps: verdictSteps, Queries: verdictQueries, Random: r.EOT > 1, Transfer: c.transfer}
		if r.Steps > 0 {
			v.Steps = r.Steps
		}
		var err error
		checks, err = v.Run(p)
		c.result.VerdictPasses = p.Passes
		return err
	})
	return checks, err
}

// What a verdict spends on its own attacks.
const (
	verdictSteps   = 20
	verdictQueries = 500
)
