package objective

import (
	"fmt"

	"herbarium/internal/torch"
)

// Target compares features f of each picture, which are the activations of one part of a layer, with those of a target
// photo, f0.
type Target struct {
	term       Term
	f0         torch.Tensor // [N,D]
	square     torch.Tensor // [N], |f0|^2
	r          torch.Tensor // [N,D], max(f0, 0)
	r2         torch.Tensor // [N], |r|^2
	similarity Similarity
}

// Similarity is how similar features f [N,D] are to the target's, [N]: [Inversion], [Cosine] or [Caricature].
type Similarity func(t *Target, s *torch.Scope, f torch.Tensor) torch.Tensor

// NewTarget takes the target photos' activations of the term's layer [N,...]; constants live in keep. Features that are
// all zero, or overflow, are an error, [BadTarget].
func NewTarget(keep, s *torch.Scope, term Term, activations torch.Tensor, similarity Similarity) (*Target, error) {
	t := &Target{term: term, similarity: similarity}
	f0 := s.Clone(s.Detach(t.features(s, activations)))
	r := s.Relu(f0)
	square, r2 := s.Sum(s.Mul(f0, f0), 1), s.Sum(s.Mul(r, r), 1)
	for i, v := range torch.Read[float32](s, square) {
		if !(v > 0) || v-v != 0 {
			return nil, &BadTarget{i, v == 0}
		}
	}
	if err := s.Move(keep, f0, r, square, r2); err != nil {
		return nil, err
	}
	t.f0, t.r, t.square, t.r2 = f0, r, square, r2
	return t, nil
}

// BadTarget says that all features of a target photo are zero, so that no picture is more like it than another, or that
// their square is no finite number.
type BadTarget struct {
	Item int // its number in the batch
	Zero bool
}

func (e *BadTarget) Error() string {
	if e.Zero {
		return fmt.Sprintf("photo %d of the batch leaves the unit at zero: there is nothing to match", e.Item+1)
	}
	return fmt.Sprintf("photo %d of the batch gives activations that overflow: there is nothing to match", e.Item+1)
}

// features are the term's part of a layer's activations [N,...], as [N,D].
func (t *Target) features(s *torch.Scope, a torch.Tensor) torch.Tensor {
	n := a.Shape()[0]
	if t.term.Channel >= 0 {
		a = s.Narrow(a, 1, t.term.Channel, 1)
	}
	if t.term.At {
		a = s.Narrow(s.Narrow(a, 2, t.term.Y, 1), 3, t.term.X, 1)
	}
	return s.Reshape(a, n, -1)
}

// Nodes is the layer.
func (t *Target) Nodes() []string { return []string{t.term.Node} }

// Value is the similarity [N].
func (t *Target) Value(s *torch.Scope, activations map[string]torch.Tensor) torch.Tensor {
	return t.similarity(t, s, t.features(s, activations[t.term.Node]))
}

// Names of the measures of objectives.
const (
	MeasureError    = "error"
	MeasureNorm     = "norm"
	MeasureCosine   = "cosine"
	MeasureGain     = "gain"
	MeasureLikeness = "likeness"
)

// Measures are
//
//	error   |f - f0| / |f0|
//	norm    |f0|
//	cosine  of f and f0
//	gain    <f, r> / |r|^2 with r = max(f0, 0): how many times as strong as the target's the picture's features are
func (t *Target) Measures(s *torch.Scope, activations map[string]torch.Tensor) map[string]torch.Tensor {
	f := t.features(s, activations[t.term.Node])
	return map[string]torch.Tensor{
		MeasureError:  s.Sqrt(s.Neg(Inversion(t, s, f))),
		MeasureNorm:   s.Sqrt(t.square),
		MeasureCosine: t.cosine(s, f, t.f0, t.square),
		MeasureGain:   s.Div(t.dot(s, f, t.r), s.AddScalar(t.r2, tiny)),
	}
}

// tiny keeps divisions by |r|^2 defined where no feature of the target is positive.
const tiny = 1e-20

func (t *Target) dot(s *torch.Scope, a, b torch.Tensor) torch.Tensor { return s.Sum(s.Mul(a, b), 1) }

func (t *Target) cosine(s *torch.Scope, f, to, square torch.Tensor) torch.Tensor {
	lengths := s.Sqrt(s.AddScalar(s.Mul(t.dot(s, f, f), square), tiny))
	return s.Div(t.dot(s, f, to), lengths)
}

// Inversion is -|f - f0|^2 / |f0|^2 (Mahendran and Vedaldi 2016, equation 5).
func Inversion(t *Target, s *torch.Scope, f torch.Tensor) torch.Tensor {
	d := s.Sub(f, t.f0)
	return s.Neg(s.Div(t.dot(s, d, d), t.square))
}

// Cosine is that of the angle between f and f0: their direction alone counts.
func Cosine(t *Target, s *torch.Scope, f torch.Tensor) torch.Tensor {
	return t.cosine(s, f, t.f0, t.square)
}

// Caricature is <f, r> / |r|^2 max(0.1, cos(f, r))^power with r = max(f0, 0): the positive features of the target
// stronger, and no others (Olah et al. 2017; Carter et al. 2019 for the power of the cosine).
func Caricature(power float64) Similarity {
	return func(t *Target, s *torch.Scope, f torch.Tensor) torch.Tensor {
		v := s.Div(t.dot(s, f, t.r), s.AddScalar(t.r2, tiny))
		if power == 0 {
			return v
		}
		c := s.Clamp(t.cosine(s, f, t.r, t.r2), 0.1, 1)
		return s.Mul(v, s.Pow(c, power))
	}
}
