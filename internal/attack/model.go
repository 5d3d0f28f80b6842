package attack

import (
	"fmt"

	"herbarium/internal/graph"
	"herbarium/internal/net"
	"herbarium/internal/torch"
)

// Model is a classifier as an attack sees it. Images are F32 [N,C,H,W] in [0,1], logits F32 [N,K].
type Model interface {
	Logits(s *torch.Scope, x torch.Tensor) (torch.Tensor, error)
	// Gradient gives the loss of each item [N] and the gradient [N,C,H,W] of each with respect to its image. The loss may be
	// called several times for parts of the batch, or again for the same part.
	Gradient(s *torch.Scope, x torch.Tensor, loss LossOf) (values, gradient torch.Tensor, err error)
	// Passes is how many times one call of either runs each image.
	Passes() int
}

// LossOf is the loss [n] of logits [n,K], which are those of the items from the from-th on.
type LossOf func(s *torch.Scope, from int, logits torch.Tensor) (torch.Tensor, error)

// Net is a frozen net with folded norms; no gradient of a weight is ever computed.
type Net struct {
	net   *net.Net
	batch int // images that run at once
}

// NewNet puts a net on a device.
func NewNet(model *graph.Net, o net.Options, batch int) (*Net, error) {
	o.ChannelsLast = true
	n, err := net.View(model, []string{graph.Logits}, o)
	if err != nil {
		return nil, err
	}
	return &Net{n, batch}, nil
}

// Close frees the net.
func (n *Net) Close() { n.net.Close() }

// Workers is [net.Net.Workers].
func (n *Net) Workers(batch int) int { return n.net.Workers(batch) }

// Passes is one.
func (n *Net) Passes() int { return 1 }

// Logits implements [Model].
func (n *Net) Logits(s *torch.Scope, x torch.Tensor) (torch.Tensor, error) {
	out, err := n.eachBatch(s, x, func(s *torch.Scope, _ int, x torch.Tensor) ([]torch.Tensor, error) {
		z, err := n.forward(s, x)
		return []torch.Tensor{z}, err
	})
	if err != nil {
		return torch.None, err
	}
	return out[0], nil
}

// Gradient implements [Model].
func (n *Net) Gradient(s *torch.Scope, x torch.Tensor, loss LossOf) (values, gradient torch.Tensor, err error) {
	out, err := n.eachBatch(s, x, func(s *torch.Scope, from int, x torch.Tensor) ([]torch.Tensor, error) {
		x = s.Detach(x)
		s.RequireGrad(x)
		var v, g torch.Tensor
		err := s.Recording(func() error {
			z, err := n.forward(s, x)
			if err != nil {
				return err
			}
			if v, err = loss(s, from, z); err != nil {
				return err
			}
			if g = s.Gradients(s.Sum(v), x)[0]; !g.Defined() {
				return fmt.Errorf("the net's logits do not depend on the image")
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		return []torch.Tensor{v, g}, nil
	})
	if err != nil {
		return values, gradient, err
	}
	return out[0], out[1], nil
}

// forward runs a lone image as two: libtorch leaves its fast convolutions for batches of one small image, and the last items
// that withstand an attack are often alone for thousands of steps.
func (n *Net) forward(s *torch.Scope, x torch.Tensor) (torch.Tensor, error) {
	lone := x.Shape()[0] == 1 && n.net.Device() == torch.CPU
	if lone {
		x = s.Cat(0, x, x)
	}
	out, err := n.net.Forward(s, x, net.Pass{Want: []string{graph.Logits}})
	if err != nil || !lone {
		return out[graph.Logits], err
	}
	return s.Narrow(out[graph.Logits], 0, 0, 1), nil
}

// eachBatch runs f on parts of x and joins what it returns for them.
func (n *Net) eachBatch(s *torch.Scope, x torch.Tensor, f func(s *torch.Scope, from int, x torch.Tensor) ([]torch.Tensor, error)) ([]torch.Tensor, error) {
	var parts [][]torch.Tensor
	total := x.Shape()[0]
	for from := 0; from < total; from += n.batch {
		err := torch.Do(func(part *torch.Scope) error {
			out, err := f(part, from, part.Narrow(x, 0, from, min(n.batch, total-from)))
			if err != nil {
				return err
			}
			for i, t := range out {
				t = part.Detach(t)
				if err := part.Move(s, t); err != nil {
					return err
				}
				if len(parts) <= i {
					parts = append(parts, nil)
				}
				parts[i] = append(parts[i], t)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	out := make([]torch.Tensor, len(parts))
	for i, list := range parts {
		if out[i] = list[0]; len(list) > 1 {
			out[i] = s.Cat(0, list...)
		}
	}
	return out, nil
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
func (e Expectation) Gradient(s *torch.Scope, x torch.Tensor, loss LossOf) (values, gradient torch.Tensor, err error) {
	for range e.Times {
		v, g, err := e.Model.Gradient(s, x, loss)
		if err != nil {
			return v, g, err
		}
		values, gradient = accumulate(s, values, v), accumulate(s, gradient, g)
	}
	share := 1 / float64(e.Times)
	return s.Scale(values, share), s.Scale(gradient, share), nil
}

func accumulate(s *torch.Scope, sum, x torch.Tensor) torch.Tensor {
	if !sum.Defined() {
		return x
	}
	return s.Add(sum, x)
}
