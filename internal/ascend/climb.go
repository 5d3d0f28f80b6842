package ascend

import (
	"fmt"
	"math"
	"slices"

	"herbarium/internal/canvas"
	"herbarium/internal/graph"
	"herbarium/internal/net"
	"herbarium/internal/objective"
	"herbarium/internal/optimize"
	"herbarium/internal/prior"
	"herbarium/internal/torch"
)

// climber is one batch on its way.
type climber struct {
	net       *net.Net
	canvas    canvas.Canvas
	items     []Item
	keys      [][]uint64
	config    Config
	hooks     Hooks
	objective objective.Objective
	wanted    []string // layers that a step reads
	keep      *torch.Scope
	z         torch.Tensor
	mean      torch.Tensor // [3], colour
	optimizer optimize.Optimizer
	finished  []bool       // items that have reached Enough
	alpha     torch.Tensor // [N,H,W], sum of gradients' magnitudes; None unless wanted
	results   []Result
}

func (m *climber) start(s *torch.Scope) (err error) {
	for _, item := range m.items {
		m.keys = append(m.keys, item.Keys)
	}
	if m.objective, err = m.config.Goal(m.keep, s, m.net, m.canvas, m.items); err != nil {
		return err
	}
	m.wanted = unique(append(slices.Clone(m.objective.Nodes()), m.config.Priors.nodes()...))
	if m.config.Priors.Mean != nil {
		m.mean = m.keep.To(torch.From(m.keep, []int{3}, m.config.Priors.Mean), m.net.Device())
	}
	if m.config.Alpha {
		height, width := m.canvas.Size()
		m.alpha = m.keep.Zeros([]int{len(m.items), height, width}, torch.F32, m.net.Device())
	}
	if err := m.variables(s); err != nil {
		return err
	}
	m.optimizer = optimize.Adam(m.keep, []optimize.Variable{{Value: m.z}}, m.config.Beta2)
	first, err := m.look(s, unique(m.objective.Nodes()))
	for i := range first {
		m.results[i].Start = first[i].End
	}
	return err
}

// unique names each layer once, in order of first use.
func unique(names []string) []string {
	var out []string
	for _, name := range names {
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// variables puts each item's start on the canvas: noise of its own, or a picture.
func (m *climber) variables(s *torch.Scope) error {
	height, width := m.canvas.Size()
	var z []float32
	for _, item := range m.items {
		if item.Start == nil {
			z = append(z, m.canvas.Start(m.config.Seed, item.Keys...)...)
			continue
		}
		x := s.To(torch.From(s, []int{1, 3, height, width}, item.Start), m.net.Device())
		v, err := m.canvas.From(s, x)
		if err != nil {
			return err
		}
		z = append(z, torch.Read[float32](s, v)...)
	}
	m.z = m.keep.To(torch.From(m.keep, m.canvas.Shape(len(m.items)), z), m.net.Device())
	m.keep.RequireGrad(m.z)
	return nil
}

func (m *climber) step(s *torch.Scope, step int) error {
	c := m.config
	v, err := m.gradient(s, step, nil)
	if err != nil {
		return err
	}
	last := step == c.Steps-1
	if step < rescueSteps || last {
		dead := silent(s, v.z)
		if last {
			for i := range m.results {
				m.results[i].Dead = dead != nil && dead[i] != 0
			}
		}
		if dead != nil && step < rescueSteps {
			if v, err = m.gradient(s, step, dead); err != nil {
				return err
			}
		}
	}
	if step == 0 || last {
		if !finite(s, v.z) {
			return fmt.Errorf("the gradient is not a number: the net's activations overflow")
		}
	}
	rate := c.Rate.At(m.progress(step))
	if m.hooks.Log != nil {
		m.hooks.Log(step, v.line(s, rate))
	}
	if m.alpha.Defined() {
		m.keep.AddScaled(m.alpha, s.Sum(s.Abs(v.image), 1), 1)
	}
	before := torch.None
	if slices.Contains(m.finished, true) {
		before = s.Clone(s.Detach(m.z))
	}
	m.optimizer.Step(s, []torch.Tensor{v.z}, rate)
	if _, ok := m.canvas.(*canvas.Pixel); ok && c.Priors.Bound {
		s.Copy(m.z, prior.Bound(s, s.Detach(m.z), m.mean))
	}
	m.canvas.Confine(s, m.z)
	if before.Defined() {
		s.Copy(m.z, s.Where(m.mask(s), before, s.Detach(m.z)))
	}
	for i := range m.results {
		if !m.finished[i] {
			m.results[i].Steps = step + 1
		}
	}
	if c.Enough > 0 {
		m.judge(s, v)
	}
	if c.Snapshots > 0 && !last && (step+1)*(c.Snapshots+1)/c.Steps != step*(c.Snapshots+1)/c.Steps {
		m.snapshot(s, step+1)
	}
	return nil
}

// progress is the share of the run that is over at a step.
func (m *climber) progress(step int) float64 {
	return float64(step) / math.Max(float64(m.config.Steps-1), 1)
}

// judge marks the items that have gained enough.
func (m *climber) judge(s *torch.Scope, v evaluation) {
	if gain, ok := v.measures["gain"]; ok {
		for i, g := range torch.Read[float32](s, gain) {
			m.finished[i] = m.finished[i] || float64(g) >= m.config.Enough
		}
	}
}

// mask [N,1,...] is true for finished items.
func (m *climber) mask(s *torch.Scope) torch.Tensor {
	shape := m.z.Shape()
	for i := range shape {
		if i > 0 {
			shape[i] = 1
		}
	}
	done := make([]float32, len(m.finished))
	for i, f := range m.finished {
		if f {
			done[i] = 1
		}
	}
	return s.To(s.Greater(torch.From(s, shape, done), 0.5), m.z.Device())
}

func (m *climber) snapshot(s *torch.Scope, step int) {
	bytes := m.bytes(s)
	for i := range m.results {
		m.results[i].Snapshots = append(m.results[i].Snapshots, Snapshot{step, part(bytes, i, len(m.results))})
	}
}

// rounded are the pictures in 8 bits, from 0 to 255.
func (m *climber) rounded(s *torch.Scope) torch.Tensor {
	return s.Round(s.Scale(m.canvas.Image(s, s.Detach(m.z)), 255))
}

func (m *climber) bytes(s *torch.Scope) []byte {
	return torch.Read[uint8](s, s.Cast(m.rounded(s), torch.U8))
}

// finish describes the last pictures.
func (m *climber) finish(s *torch.Scope) error {
	last, err := m.look(s, unique(append(slices.Clone(m.objective.Nodes()), graph.Logits)))
	if err != nil {
		return err
	}
	var alpha []float32
	if m.alpha.Defined() {
		n := len(m.items)
		most := s.Reshape(s.Max(s.Reshape(m.alpha, n, -1), 1), n, 1, 1)
		alpha = torch.Read[float32](s, s.Div(m.alpha, s.AddScalar(most, 1e-30)))
	}
	for i, r := range last {
		old := m.results[i]
		r.Start, r.Dead, r.Steps, r.Snapshots = old.Start, old.Dead, old.Steps, old.Snapshots
		if alpha != nil {
			r.Alpha = part(alpha, i, len(last))
		}
		m.results[i] = r
	}
	return nil
}

// look takes the pictures as they are, in 8 bits, with the objective of each, and the logits if they are wanted.
func (m *climber) look(s *torch.Scope, want []string) ([]Result, error) {
	pixels := m.rounded(s)
	activations, err := m.net.Forward(s, s.Scale(pixels, 1.0/255), net.Pass{Want: want, Maps: true})
	if err != nil {
		return nil, err
	}
	n := len(m.items)
	values := torch.Read[float32](s, m.objective.Value(s, activations))
	measures := map[string][]float32{}
	for name, v := range m.objective.Measures(s, activations) {
		measures[name] = torch.Read[float32](s, v)
	}
	bytes := torch.Read[uint8](s, s.Cast(pixels, torch.U8))
	var scores []float32
	if y, ok := activations[graph.Logits]; ok {
		scores = torch.Read[float32](s, y)
	}
	results := make([]Result, n)
	for i, v := range values {
		if v := float64(v); math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("unit %s: its activation is %v", m.items[i].Unit.Text, v)
		}
		results[i] = Result{End: float64(v), Pixels: part(bytes, i, n), Logits: part(scores, i, n), Measures: map[string]float64{}}
		for name, all := range measures {
			results[i].Measures[name] = float64(all[i])
		}
	}
	return results, nil
}

// part is the i-th of n equal parts.
func part[T any](all []T, i, n int) []T {
	size := len(all) / n
	return all[i*size : (i+1)*size : (i+1)*size]
}
