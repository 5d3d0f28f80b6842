package robustness

import (
	"cmp"
	"slices"

	"herbarium/internal/attack"
	"herbarium/internal/random"
	"herbarium/internal/torch"
)

// sampleSize is how many items a verdict is made on.
const sampleSize = 256

// What a verdict spends on its own attacks.
const (
	verdictSteps   = 20
	verdictQueries = 500
)

// sample is a random part of the items that have come: those whose keys have the smallest hashes, whatever their order.
type sample struct {
	items []sampled
	limit int
	shape []int // [C,H,W]
}

type sampled struct {
	rank   uint64
	item   attack.Item
	pixels []float32
	clean  []float32
	result attack.Result
}

// add offers the items that were attacked.
func (m *sample) add(a *Attacked) {
	size := len(a.pixels) / a.Len()
	m.shape = a.batch.Shape()[1:]
	m.limit = min(sampleSize, max(partBytes/(4*size), 1))
	for _, i := range a.rows {
		one := sampled{item: a.Items[i], clean: a.Clean[i], result: a.Results[i]}
		one.rank = random.New(0, random.Key("verdict"), one.item.Key).Uint64()
		if len(m.items) == m.limit && one.rank >= m.items[m.limit-1].rank {
			continue
		}
		one.pixels = slices.Clone(a.pixels[i*size : (i+1)*size])
		one.result.Image = nil
		at, _ := slices.BinarySearchFunc(m.items, one, func(a, b sampled) int { return cmp.Compare(a.rank, b.rank) })
		m.items = slices.Insert(m.items, at, one)
		m.items = m.items[:min(len(m.items), m.limit)]
	}
}

// verdict checks what was found, on the sample.
func (e *Evaluation) verdict() ([]attack.Check, error) {
	var checks []attack.Check
	err := torch.Do(func(s *torch.Scope) error {
		p := &attack.Problem{Model: e.attacked, Surrogate: e.surrogate, Seed: e.Plan.Seed, Quantize: e.Plan.Quantize}
		p.Ball = attack.Ball{Norm: e.Plan.Norm, Eps: e.Plan.Eps[len(e.Plan.Eps)-1]}
		var pixels []float32
		for _, one := range e.sample.items {
			p.Items, p.Clean, p.Results = append(p.Items, one.item), append(p.Clean, one.clean), append(p.Results, one.result)
			pixels = append(pixels, one.pixels...)
		}
		p.ZeroGrad = make([]bool, len(p.Items))
		p.X = s.To(torch.From(s, append([]int{len(p.Items)}, e.sample.shape...), pixels), e.Net.Device)
		v := attack.Verdict{Plan: e.Plan, Steps: verdictSteps, Queries: verdictQueries, Random: e.EOT > 1, Transfer: e.transfer,
			Workers: e.workers(), Chunk: e.chunk(e.sample.shape)}
		if e.VerdictSteps > 0 {
			v.Steps = e.VerdictSteps
		}
		var err error
		checks, err = v.Run(p)
		e.result.VerdictPasses = p.Passes
		return err
	})
	return checks, err
}
