package fit

import (
	"math"

	"herbarium/internal/net"
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

// optimizer changes parameters along gradients, which it may overwrite.
type optimizer interface {
	step(s *torch.Scope, params []net.Param, grads []torch.Tensor, rate float64)
}

// sgd is stochastic gradient descent with Nesterov's momentum as PyTorch defines it
// (Sutskever et al. 2013): b = m b + g, p -= rate (g + m b), where g includes the decay.
type sgd struct {
	momentum, decay float64
	buffer          []torch.Tensor
}

func newSGD(keep *torch.Scope, params []net.Param, momentum, decay float64) *sgd {
	o := &sgd{momentum: momentum, decay: decay}
	for _, p := range params {
		o.buffer = append(o.buffer, keep.Zeros(p.Value.Shape(), torch.F32, p.Value.Device()))
	}
	return o
}

func (o *sgd) step(s *torch.Scope, params []net.Param, grads []torch.Tensor, rate float64) {
	for i, p := range params {
		g, b := grads[i], o.buffer[i]
		if p.Decay {
			s.AddScaled(g, p.Value, o.decay)
		}
		s.ScaleInPlace(b, o.momentum)
		s.AddScaled(b, g, 1)
		s.AddScaled(p.Value, g, -rate)
		s.AddScaled(p.Value, b, -rate*o.momentum)
	}
}

// adamW is Adam with decoupled weight decay (Loshchilov and Hutter 2019, algorithm 2).
type adamW struct {
	decay       float64
	steps       int
	mean, mean2 []torch.Tensor
}

func newAdamW(keep *torch.Scope, params []net.Param, decay float64) *adamW {
	o := &adamW{decay: decay}
	for _, p := range params {
		o.mean = append(o.mean, keep.Zeros(p.Value.Shape(), torch.F32, p.Value.Device()))
		o.mean2 = append(o.mean2, keep.Zeros(p.Value.Shape(), torch.F32, p.Value.Device()))
	}
	return o
}

func (o *adamW) step(s *torch.Scope, params []net.Param, grads []torch.Tensor, rate float64) {
	const beta1, beta2, eps = 0.9, 0.999, 1e-8
	o.steps++
	bias1, bias2 := 1-math.Pow(beta1, float64(o.steps)), 1-math.Pow(beta2, float64(o.steps))
	for i, p := range params {
		g := grads[i]
		if p.Decay {
			s.ScaleInPlace(p.Value, 1-rate*o.decay)
		}
		s.Lerp(o.mean[i], g, 1-beta1)
		s.Lerp(o.mean2[i], s.Mul(g, g), 1-beta2)
		deviation := s.AddScalar(s.Sqrt(s.Scale(o.mean2[i], 1/bias2)), eps)
		s.AddScaled(p.Value, s.Div(o.mean[i], deviation), -rate/bias1)
	}
}
