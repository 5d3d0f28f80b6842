package attack

import (
	"fmt"

	"herbarium/internal/graph"
	"herbarium/internal/net"
	"herbarium/internal/torch"
)

// Model is a classifier as an attack sees it. Images are F32 [N,3,H,W] in [0,1], logits F32 [N,K].
type Model interface {
	Logits(s *torch.Scope, x torch.Tensor) (torch.Tensor, error)
	// Gradient also gives the loss of each item [N] and the gradient [N,3,H,W] of each with respect to its image.
	Gradient(s *torch.Scope, x torch.Tensor, loss func(logits torch.Tensor) (torch.Tensor, error)) (logits, values, gradient torch.Tensor, err error)
	// Passes is how many times one call of either runs each image.
	Passes() int
}

// Net is a frozen net with folded norms; no gradient of a weight is ever computed.
type Net struct{ net *net.Net }

// NewNet puts a net on a device.
func NewNet(model *graph.Net, o net.Options) (*Net, error) {
	n, err := net.View(model, []string{graph.Logits}, o)
	if err != nil {
		return nil, err
	}
	return &Net{n}, nil
}

// Close frees the net.
func (n *Net) Close() { n.net.Close() }

// Passes is one.
func (n *Net) Passes() int { return 1 }

// Logits implements [Model].
func (n *Net) Logits(s *torch.Scope, x torch.Tensor) (torch.Tensor, error) {
	out, err := n.net.Forward(s, x, net.Pass{Want: []string{graph.Logits}})
	return out[graph.Logits], err
}

// Gradient implements [Model].
func (n *Net) Gradient(s *torch.Scope, x torch.Tensor, loss func(torch.Tensor) (torch.Tensor, error)) (logits, values, gradient torch.Tensor, err error) {
	x = s.Detach(x)
	s.RequireGrad(x)
	err = s.Recording(func() error {
		out, err := n.Logits(s, x)
		if err != nil {
			return err
		}
		v, err := loss(out)
		if err != nil {
			return err
		}
		logits, values = s.Detach(out), s.Detach(v)
		gradient = s.Gradients(s.Sum(v), x)[0]
		if !gradient.Defined() {
			return fmt.Errorf("the net's logits do not depend on the image")
		}
		return nil
	})
	return logits, values, gradient, err
}

// Expectation is a net that answers at random, seen through the mean of Times answers (expectation over transformation;
// Athalye et al. 2018, section 4.2).
type Expectation struct {
	Model
	Times int
}

// Passes is Times those of the net.
func (e Expectation) Passes() int { return e.Times * e.Model.Passes() }

// Logits are mean logits.
func (e Expectation) Logits(s *torch.Scope, x torch.Tensor) (torch.Tensor, error) {
	var sum torch.Tensor
	for range e.Times {
		z, err := e.Model.Logits(s, x)
		if err != nil {
			return z, err
		}
		sum = accumulate(s, sum, z)
	}
	return s.Scale(sum, 1/float64(e.Times)), nil
}

// Gradient is the gradient of the mean loss.
func (e Expectation) Gradient(s *torch.Scope, x torch.Tensor, loss func(torch.Tensor) (torch.Tensor, error)) (logits, values, gradient torch.Tensor, err error) {
	for range e.Times {
		z, v, g, err := e.Model.Gradient(s, x, loss)
		if err != nil {
			return z, v, g, err
		}
		logits, values, gradient = accumulate(s, logits, z), accumulate(s, values, v), accumulate(s, gradient, g)
	}
	share := 1 / float64(e.Times)
	return s.Scale(logits, share), s.Scale(values, share), s.Scale(gradient, share), nil
}

func accumulate(s *torch.Scope, sum, x torch.Tensor) torch.Tensor {
	if !sum.Defined() {
		return x
	}
	return s.Add(sum, x)
}
