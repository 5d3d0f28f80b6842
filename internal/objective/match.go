package objective

import (
	"fmt"

	"herbarium/internal/torch"
)

// Match compares what a part of a layer says of each picture, f, with what it said of the photo that the picture
// comes from, f0.
type Match struct {
	term Term
	f0   torch.Tensor // [N,D]
	size torch.Tensor // [N], |f0|^2
	r    torch.Tensor // [N,D], max(f0, 0)
	r2   torch.Tensor // [N], |r|^2
	goal func(m *Match, s *torch.Scope, f torch.Tensor) torch.Tensor
}

// NewMatch takes the photos' activations of the term's layer [N,...]; constants live in keep. A photo that the part
// does not answer to at all is an error that has its number in the batch.
func NewMatch(keep, s *torch.Scope, term Term, activations torch.Tensor, goal func(m *Match, s *torch.Scope, f torch.Tensor) torch.Tensor) (*Match, error) {
	m := &Match{term: term, goal: goal}
	f0 := s.Clone(s.Detach(m.part(s, activations)))
	r := s.Relu(f0)
	size, r2 := s.Sum(s.Mul(f0, f0), 1), s.Sum(s.Mul(r, r), 1)
	for i, v := range torch.Read[float32](s, size) {
		if !(v > 0) {
			return nil, &Silent{i}
		}
	}
	if err := s.Move(keep, f0, r, size, r2); err != nil {
		return nil, err
	}
	m.f0, m.r, m.size, m.r2 = f0, r, size, r2
	return m, nil
}

// Silent says that a layer answers to a photo with zeros only, so that there is nothing to match.
type Silent struct{ Item int }

func (e *Silent) Error() string {
	return fmt.Sprintf("photo %d of the batch leaves the unit at zero: there is nothing to match", e.Item+1)
}

// part is what the term says of a layer's activations, as [N,D].
func (m *Match) part(s *torch.Scope, a torch.Tensor) torch.Tensor {
	n := a.Shape()[0]
	if m.term.Channel >= 0 {
		a = s.Narrow(a, 1, m.term.Channel, 1)
	}
	if m.term.At {
		a = s.Narrow(s.Narrow(a, 2, m.term.Y, 1), 3, m.term.X, 1)
	}
	return s.Reshape(a, n, -1)
}

// Nodes is the layer.
func (m *Match) Nodes() []string { return []string{m.term.Node} }

// Value is the goal's.
func (m *Match) Value(s *torch.Scope, activations map[string]torch.Tensor) torch.Tensor {
	return m.goal(m, s, m.part(s, activations[m.term.Node]))
}

// Measures are
//
//	error   |f - f0| / |f0|
//	length  |f0|
//	cosine  of f and f0
//	gain    <f, r> / |r|^2 with r = max(f0, 0): how many times as strongly the picture shows what the layer saw
func (m *Match) Measures(s *torch.Scope, activations map[string]torch.Tensor) map[string]torch.Tensor {
	f := m.part(s, activations[m.term.Node])
	return map[string]torch.Tensor{
		"error":  s.Sqrt(s.Neg(Inversion(m, s, f))),
		"length": s.Sqrt(m.size),
		"cosine": m.cosine(s, f, m.f0, m.size),
		"gain":   s.Div(m.dot(s, f, m.r), s.AddScalar(m.r2, tiny)),
	}
}

// tiny keeps divisions by |r|^2 of a layer that says nothing positive defined.
const tiny = 1e-20

func (m *Match) dot(s *torch.Scope, a, b torch.Tensor) torch.Tensor { return s.Sum(s.Mul(a, b), 1) }

func (m *Match) cosine(s *torch.Scope, f, to, square torch.Tensor) torch.Tensor {
	lengths := s.Sqrt(s.AddScalar(s.Mul(m.dot(s, f, f), square), tiny))
	return s.Div(m.dot(s, f, to), lengths)
}

// Inversion is -|f - f0|^2 / |f0|^2 (Mahendran and Vedaldi 2016, equation 5).
func Inversion(m *Match, s *torch.Scope, f torch.Tensor) torch.Tensor {
	d := s.Sub(f, m.f0)
	return s.Neg(s.Div(m.dot(s, d, d), m.size))
}

// Cosine is that of f and f0: the direction alone.
func Cosine(m *Match, s *torch.Scope, f torch.Tensor) torch.Tensor {
	return m.cosine(s, f, m.f0, m.size)
}

// Caricature is <f, r> / |r|^2 max(0.1, cos(f, r))^power with r = max(f0, 0): more of what the layer saw, without what
// it did not see (Olah et al. 2017; Carter et al. 2019 for the power of the cosine).
func Caricature(power float64) func(m *Match, s *torch.Scope, f torch.Tensor) torch.Tensor {
	return func(m *Match, s *torch.Scope, f torch.Tensor) torch.Tensor {
		v := s.Div(m.dot(s, f, m.r), s.AddScalar(m.r2, tiny))
		if power == 0 {
			return v
		}
		c := s.Clamp(m.cosine(s, f, m.r, m.r2), 0.1, 1)
		return s.Mul(v, s.Pow(c, power))
	}
}
