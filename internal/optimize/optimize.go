// Package optimize has the optimizers and schedules by which weights are trained and pictures are optimized.
package optimize

import (
	"math"
	"slices"

	"herbarium/internal/torch"
)

// Schedule is a learning rate that rises linearly over the first steps and falls along a
// cosine to zero (Loshchilov and Hutter 2017, eq. 5).
type Schedule struct {
	Peak   float64
	WarmUp int // steps
	Total  int // steps
}

// At is the rate of a step, counted from zero.
func (c Schedule) At(step int) float64 {
	if step < c.WarmUp {
		return c.Peak * float64(step+1) / float64(c.WarmUp)
	}
	done := float64(step-c.WarmUp) / float64(max(c.Total-c.WarmUp, 1))
	return c.Peak * 0.5 * (1 + math.Cos(math.Pi*min(done, 1)))
}

// Optimizer takes a step down the gradients of its variables; it may overwrite the gradients.
type Optimizer interface {
	Step(s *torch.Scope, gradients []torch.Tensor, rate float64)
	// Buffers are the tensors that it remembers from step to step, in a fixed order.
	Buffers() []torch.Tensor
	// Resume tells a new optimizer, whose buffers have been filled, how many steps they come from.
	Resume(steps int)
}

// Variable is a tensor that an optimizer changes in place. Decay pulls it toward zero.
type Variable struct {
	Value torch.Tensor
	Decay float64
}

// zeros are buffers like the variables, owned by keep.
func zeros(keep *torch.Scope, variables []Variable) []torch.Tensor {
	var out []torch.Tensor
	for _, v := range variables {
		out = append(out, keep.Zeros(v.Value.Shape(), torch.F32, v.Value.Device()))
	}
	return out
}

// sgd is stochastic gradient descent with Nesterov's momentum as PyTorch defines it
// (Sutskever et al. 2013): b = m b + g, x -= rate (g + m b), where g includes decay x.
type sgd struct {
	momentum  float64
	variables []Variable
	buffer    []torch.Tensor
}

// SGD keeps its momentum in keep.
func SGD(keep *torch.Scope, variables []Variable, momentum float64) Optimizer {
	return &sgd{momentum, variables, zeros(keep, variables)}
}

func (o *sgd) Step(s *torch.Scope, gradients []torch.Tensor, rate float64) {
	for i, v := range o.variables {
		s.Nesterov(v.Value, gradients[i], o.buffer[i], rate, o.momentum, v.Decay)
	}
}

func (o *sgd) Buffers() []torch.Tensor { return o.buffer }

func (o *sgd) Resume(int) {}

// adam is Adam (Kingma and Ba 2015, algorithm 1) with decoupled weight decay (Loshchilov and
// Hutter 2019, algorithm 2).
type adam struct {
	variables   []Variable
	beta2       float64
	steps       int
	mean, mean2 []torch.Tensor
}

// Beta2 is the usual decay of Adam's mean of squared gradients, which remembers a thousand steps.
const Beta2 = 0.999

// Adam keeps its moments in keep. beta2 is [Beta2], or less where gradients shrink by orders of magnitude in fewer steps
// than that remembers, which would make the last steps too small.
func Adam(keep *torch.Scope, variables []Variable, beta2 float64) Optimizer {
	return &adam{variables: variables, beta2: beta2, mean: zeros(keep, variables), mean2: zeros(keep, variables)}
}

func (o *adam) Step(s *torch.Scope, gradients []torch.Tensor, rate float64) {
	const beta1, eps = 0.9, 1e-8
	o.steps++
	bias1, bias2 := 1-math.Pow(beta1, float64(o.steps)), 1-math.Pow(o.beta2, float64(o.steps))
	for i, v := range o.variables {
		g := gradients[i]
		if v.Decay != 0 {
			s.ScaleInPlace(v.Value, 1-rate*v.Decay)
		}
		s.Lerp(o.mean[i], g, 1-beta1)
		s.Lerp(o.mean2[i], s.Mul(g, g), 1-o.beta2)
		deviation := s.AddScalar(s.Sqrt(s.Scale(o.mean2[i], 1/bias2)), eps)
		s.AddScaled(v.Value, s.Div(o.mean[i], deviation), -rate/bias1)
	}
}

func (o *adam) Buffers() []torch.Tensor { return append(slices.Clone(o.mean), o.mean2...) }

func (o *adam) Resume(steps int) { o.steps = steps }
