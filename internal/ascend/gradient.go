package ascend

import (
	"fmt"
	"math"

	"herbarium/internal/net"
	"herbarium/internal/prior"
	"herbarium/internal/torch"
)

// evaluation is what a step knows of the pictures.
type evaluation struct {
	z, image  torch.Tensor // gradients of the variables, and of the images where alpha is wanted
	objective torch.Tensor // [N]
	priors    map[string]torch.Tensor
	measures  map[string]torch.Tensor
}

func (e *evaluation) line(s *torch.Scope, rate float64) Line {
	l := Line{Rate: rate, Objective: torch.Read[float32](s, e.objective), Priors: map[string][]float32{}}
	for name, v := range e.priors {
		l.Priors[name] = torch.Read[float32](s, v)
	}
	return l
}

// gradient is that of minus the summed objectives plus priors: items do not share variables, so each gets its own.
// rescue [N] is 1 for items whose gradients pass through ReLUs that block them.
func (m *climber) gradient(s *torch.Scope, step int, rescue []float32) (evaluation, error) {
	var e evaluation
	pass := net.Pass{Want: m.wanted, Maps: true}
	if rescue != nil {
		mask := s.To(torch.From(s, []int{len(rescue)}, rescue), m.net.Device())
		pass.ReLU = func(s *torch.Scope, x torch.Tensor) torch.Tensor { return through(s, x, mask) }
	}
	err := s.Recording(func() error {
		image := m.canvas.Image(s, m.z)
		views := image
		if step < m.config.Steps-m.config.Settle {
			views = m.config.Transform.apply(s, image, m.config.Seed, m.keys, step)
		}
		activations, err := m.net.Forward(s, views, pass)
		if err != nil {
			return err
		}
		value := m.objective.Value(s, activations)
		e.objective, e.priors = s.Detach(value), map[string]torch.Tensor{}
		loss := s.Neg(s.Sum(value))
		for name, v := range m.priors(s, image, activations, m.progress(step)) {
			e.priors[name] = s.Detach(v)
			loss = s.Add(loss, s.Sum(v))
		}
		if m.config.Enough > 0 {
			e.measures = m.objective.Measures(s, activations)
		}
		variables := []torch.Tensor{m.z}
		if m.alpha.Defined() {
			variables = append(variables, image)
		}
		g := s.Gradients(loss, variables...)
		if e.z = g[0]; !e.z.Defined() {
			return fmt.Errorf("the units do not depend on the picture")
		}
		if m.alpha.Defined() {
			e.image = g[1]
		}
		return nil
	})
	return e, err
}

// priors are the weighted priors [N] that count at this point of the run.
func (m *climber) priors(s *torch.Scope, image torch.Tensor, activations map[string]torch.Tensor, done float64) map[string]torch.Tensor {
	p, out := m.config.Priors, map[string]torch.Tensor{}
	if w := p.AlphaNorm.At(done); w > 0 {
		out["alpha-norm"] = s.Scale(prior.AlphaNorm(s, image, m.mean), w)
	}
	if w := p.Variation.At(done); w > 0 {
		out["tv"] = s.Scale(prior.Variation(s, image), w)
	}
	if w := p.Statistics.At(done); w > 0 && len(p.Norms) > 0 {
		out["statistics"] = s.Scale(prior.Statistics(s, p.Norms, activations), w)
	}
	return out
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
