package torch

import "github.com/sugarme/gotch/libtch"

// Recording runs f with gradients recorded. Only tensors that need them cost anything: a weight
// that nobody marked with RequireGrad has no gradient.
func (s *Scope) Recording(f func() error) error {
	before := libtch.AtGradSetEnabled(1)
	defer libtch.AtGradSetEnabled(before)
	return f()
}

// RequireGrad marks a variable whose gradient will be asked for.
func (s *Scope) RequireGrad(x Tensor) {
	var out libtch.Ctensor
	libtch.AtgRequiresGrad_(&out, x.c, 1)
	inPlace("requires_grad_", out)
}

// Recorded says whether gradients may be asked for of what x comes from.
func (t Tensor) Recorded() bool { return libtch.AtRequiresGrad(t.c) }

// Gradients are the derivatives of the sum of y with respect to each of x, and of nothing else.
// The recording is used up. A variable that y does not depend on has None.
func (s *Scope) Gradients(y Tensor, x ...Tensor) []Tensor { return s.gradients(y, 0, x) }

// FirstGradients is Gradients, but the recording stays for another value that shares it.
func (s *Scope) FirstGradients(y Tensor, x ...Tensor) []Tensor { return s.gradients(y, 1, x) }

func (s *Scope) gradients(y Tensor, keep int, x []Tensor) []Tensor {
	in, out := handles(x), make([]libtch.Ctensor, len(x))
	roots := []libtch.Ctensor{y.c}
	if len(in) == 0 {
		return nil
	}
	if !y.Recorded() { // libtorch would follow a null pointer
		fail("backward", "no recording leads to the value")
	}
	libtch.AtRunBackward(&roots[0], 1, &in[0], len(in), &out[0], keep, 0)
	if message := libtch.TakeLastErr(); message != "" {
		fail("backward", "%s", firstLine(message))
	}
	grads := make([]Tensor, len(x))
	for i, c := range out {
		if libtch.AtDefined(c) {
			grads[i] = s.own("backward", c)
		} else {
			libtch.AtFree(c)
		}
	}
	return grads
}
