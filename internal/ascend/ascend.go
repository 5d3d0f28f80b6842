// Package ascend is the loop that changes pictures until a net's units answer: image =
// canvas(variables), views = transform(image), activations = net(views), one step up the objective.
// It does no input or output.
package ascend

import (
	"fmt"
	"math"

	"herbarium/internal/canvas"
	"herbarium/internal/graph"
	"herbarium/internal/net"
	"herbarium/internal/objective"
	"herbarium/internal/optimize"
	"herbarium/internal/torch"
)

// Item is one picture to make. Its random numbers depend on Keys and the seed only, so that it is the
// same picture in any company (up to rounding).
type Item struct {
	Unit objective.Unit
	Keys []uint64
}

// Config says how to climb.
type Config struct {
	Steps     int
	Rate      float64 // of Adam
	Transform Transform
	Seed      uint64
}

// Result is one picture.
type Result struct {
	Pixels     []byte // [3,H,W]
	Start, End float64
	Logits     []float32 // of the last picture
	Dead       bool      // no gradient reached the picture, even with the rescue: it shows nothing
}

// rescueSteps is for how long gradients are let through dead units (Lucid's redirected ReLU).
const rescueSteps = 16

// Maximize makes one picture per item, all in one batch, on the canvas. Start, End and Logits are those of the
// first and the last picture in 8 bits and without transforms. The net must know every layer of the units and logits.
func Maximize(n *net.Net, on *canvas.Fourier, items []Item, c Config, onStep func()) ([]Result, error) {
	keep := torch.NewScope()
	defer keep.Close()
	m := &climber{net: n, canvas: on, items: items, config: c, keep: keep}
	results := make([]Result, len(items))
	err := torch.Do(func(s *torch.Scope) error {
		units := make([]objective.Unit, len(items))
		for i, item := range items {
			units[i] = item.Unit
			m.keys = append(m.keys, item.Keys)
		}
		m.objective = objective.NewBatch(keep, units, n.Device())
		m.wanted = objective.Nodes(units)
		var z []float32
		for _, item := range items {
			z = append(z, on.Start(c.Seed, item.Keys...)...)
		}
		m.z = keep.To(torch.From(keep, on.Shape(len(items)), z), n.Device())
		keep.RequireGrad(m.z)
		m.optimizer = optimize.Adam(keep, []optimize.Variable{{Value: m.z}})
		first, err := m.look(s, m.wanted)
		for i := range first {
			results[i].Start = first[i].End
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	for step := range c.Steps {
		err := torch.Do(func(s *torch.Scope) error { return m.step(s, step, results) })
		if err != nil {
			return nil, fmt.Errorf("step %d: %w", step+1, err)
		}
		if onStep != nil {
			onStep()
		}
	}
	err = torch.Do(func(s *torch.Scope) error {
		last, err := m.look(s, append(m.wanted[:len(m.wanted):len(m.wanted)], graph.Logits))
		for i, r := range last {
			r.Start, r.Dead = results[i].Start, results[i].Dead
			results[i] = r
		}
		return err
	})
	return results, err
}

// climber is one batch on its way.
type climber struct {
	net       *net.Net
	canvas    *canvas.Fourier
	items     []Item
	keys      [][]uint64
	config    Config
	objective *objective.Batch
	wanted    []string
	keep      *torch.Scope
	z         torch.Tensor
	optimizer optimize.Optimizer
}

func (m *climber) step(s *torch.Scope, step int, results []Result) error {
	g, err := m.gradient(s, step, nil)
	if err != nil {
		return err
	}
	last := step == m.config.Steps-1
	if step < rescueSteps || last {
		dead := silent(s, g)
		if last {
			for i := range results {
				results[i].Dead = dead != nil && dead[i] != 0
			}
		}
		if dead != nil && step < rescueSteps {
			if g, err = m.gradient(s, step, dead); err != nil {
				return err
			}
		}
	}
	if step == 0 || last {
		if !finite(s, g) {
			return fmt.Errorf("the gradient is not a number: the net's activations overflow")
		}
	}
	m.optimizer.Step(s, []torch.Tensor{g}, m.config.Rate)
	return nil
}

// gradient is that of minus the summed objectives: items do not share variables, so each gets its own.
// rescue [N] is 1 for items whose gradients pass through ReLUs that block them.
func (m *climber) gradient(s *torch.Scope, step int, rescue []float32) (torch.Tensor, error) {
	var g torch.Tensor
	pass := net.Pass{Want: m.wanted}
	if rescue != nil {
		mask := s.To(torch.From(s, []int{len(rescue)}, rescue), m.net.Device())
		pass.ReLU = func(s *torch.Scope, x torch.Tensor) torch.Tensor { return through(s, x, mask) }
	}
	err := s.Recording(func() error {
		views := m.config.Transform.apply(s, m.canvas.Image(s, m.z), m.config.Seed, m.keys, step)
		activations, err := m.net.Forward(s, views, pass)
		if err != nil {
			return err
		}
		loss := s.Neg(s.Sum(m.objective.Value(s, activations)))
		g = s.Gradients(loss, m.z)[0]
		if !g.Defined() {
			return fmt.Errorf("the units do not depend on the picture")
		}
		return nil
	})
	return g, err
}

// through is max(x, 0) whose gradient, for the items with mask 1, is that of x.
func through(s *torch.Scope, x, mask torch.Tensor) torch.Tensor {
	shape := x.Shape()
	for i := range shape {
		if i > 0 {
			shape[i] = 1
		}
	}
	y := s.Relu(x)
	open := s.Mul(s.Cast(s.Reshape(mask, shape...), x.DType()), s.Cast(s.LessEqual(x, 0), x.DType()))
	return s.Add(y, s.Mul(open, s.Sub(x, s.Detach(x)))) // adds zero, with a gradient of one
}

// silent marks with 1 the items whose gradient is zero everywhere; nil if there is none.
func silent(s *torch.Scope, g torch.Tensor) []float32 {
	largest := torch.Read[float32](s, s.Max(s.Abs(s.Reshape(g, g.Shape()[0], -1)), 1))
	var dead []float32
	for i, v := range largest {
		if v == 0 {
			if dead == nil {
				dead = make([]float32, len(largest))
			}
			dead[i] = 1
		}
	}
	return dead
}

func finite(s *torch.Scope, x torch.Tensor) bool {
	v := s.Number(s.Max(s.Abs(x)))
	return !math.IsNaN(v) && !math.IsInf(v, 0)
}

// look takes the pictures as they are, in 8 bits, with the objective of each, and the logits if they are wanted.
func (m *climber) look(s *torch.Scope, want []string) ([]Result, error) {
	pixels := s.Round(s.Scale(m.canvas.Image(s, m.z), 255))
	activations, err := m.net.Forward(s, s.Scale(pixels, 1.0/255), net.Pass{Want: want})
	if err != nil {
		return nil, err
	}
	values := torch.Read[float32](s, m.objective.Value(s, activations))
	bytes := torch.Read[uint8](s, s.Cast(pixels, torch.U8))
	var scores []float32
	if y, ok := activations[graph.Logits]; ok {
		scores = torch.Read[float32](s, y)
	}
	results := make([]Result, len(values))
	for i, v := range values {
		if v := float64(v); math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("unit %s: its activation is %v", m.items[i].Unit.Text, v)
		}
		results[i] = Result{End: float64(v), Pixels: part(bytes, i, len(values)), Logits: part(scores, i, len(values))}
	}
	return results, nil
}

// part is the i-th of n equal parts.
func part[T any](all []T, i, n int) []T {
	size := len(all) / n
	return all[i*size : (i+1)*size : (i+1)*size]
}
