package ascend

import (
	"errors"
	"math"

	"herbarium/internal/net"
	"herbarium/internal/prior"
	"herbarium/internal/torch"
)

// gradient is that of one step, and what was measured on the way.
type gradient struct {
	z, image  torch.Tensor // of the loss: by the variables, and by the images where alpha is wanted
	unit      torch.Tensor // of the objective alone by the variables, where it is wanted
	objective torch.Tensor // [N]
	priors    map[string]torch.Tensor
	measures  map[string]torch.Tensor
}

var errNoGradient = errors.New("the units do not depend on the picture")

func (g *gradient) record(s *torch.Scope, rate float64) StepRecord {
	r := StepRecord{Rate: rate, Objective: torch.Read[float32](s, g.objective), Priors: map[string][]float32{}}
	for name, v := range g.priors {
		r.Priors[name] = torch.Read[float32](s, v)
	}
	return r
}

// gradient is that of the loss: minus the objectives plus the priors, summed over the items. Items do not share
// variables, so each gets its own gradient.
// rescue [N] is 1 for items whose gradients pass through ReLUs that block them. alone asks for that of the objective alone, too.
func (r *run) gradient(s *torch.Scope, step int, rescue []float32, alone bool) (gradient, error) {
	var out gradient
	pass := net.Pass{Want: r.wanted, Maps: true}
	if rescue != nil {
		mask := s.To(torch.From(s, []int{len(rescue)}, rescue), r.net.Device())
		pass.ReLU = func(s *torch.Scope, x torch.Tensor) torch.Tensor { return through(s, x, mask) }
	}
	err := s.Recording(func() error {
		image := r.canvas.Image(s, r.z)
		views := image
		if step < r.config.Steps-r.config.Settle {
			views = r.config.Transform.apply(s, image, r.config.Seed, r.keys, step)
		}
		activations, err := r.net.Forward(s, views, pass)
		if err != nil {
			return err
		}
		value := r.objective.Value(s, activations)
		out.objective, out.priors = s.Detach(value), map[string]torch.Tensor{}
		loss := s.Neg(s.Sum(value))
		ofUnit := loss
		for name, v := range r.priors(s, image, activations, r.progress(step)) {
			out.priors[name] = s.Detach(v)
			loss = s.Add(loss, s.Sum(v))
		}
		if r.config.StopGain > 0 {
			out.measures = r.objective.Measures(s, activations)
		}
		variables := []torch.Tensor{r.z}
		if r.alpha.Defined() {
			variables = append(variables, image)
		}
		if alone && len(out.priors) > 0 {
			if out.unit = s.FirstGradients(ofUnit, r.z)[0]; !out.unit.Defined() {
				return errNoGradient
			}
		}
		g := s.Gradients(loss, variables...)
		if out.z = g[0]; !out.z.Defined() {
			return errNoGradient
		}
		if alone && len(out.priors) == 0 {
			out.unit = out.z
		}
		if r.alpha.Defined() {
			out.image = g[1]
		}
		return nil
	})
	return out, err
}

// priors are the weighted priors [N] that count at this point of the run.
func (r *run) priors(s *torch.Scope, image torch.Tensor, activations map[string]torch.Tensor, done float64) map[string]torch.Tensor {
	p, out := r.config.Priors, map[string]torch.Tensor{}
	if w := p.AlphaNorm.At(done); w > 0 {
		out["alpha-norm"] = s.Scale(prior.AlphaNorm(s, image, r.mean), w)
	}
	if w := p.Variation.At(done); w > 0 {
		out["tv"] = s.Scale(prior.Variation(s, image), w)
	}
	if w := p.Moments.At(done); w > 0 && len(p.BatchNorms) > 0 {
		out["statistics"] = s.Scale(prior.Moments(s, p.BatchNorms, activations), w)
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

// zeroGradients marks with 1 the items whose gradient is zero everywhere; nil if there is none.
func zeroGradients(s *torch.Scope, g torch.Tensor) []float32 {
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
