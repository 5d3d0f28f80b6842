package onnx

import (
	"fmt"
	"slices"

	"herbarium/format"
	"herbarium/internal/graph"
)

// affine is weight x + bias with constants, nil for 1 and 0, that are one number or one for each index of an axis of the
// value's node. It becomes part of the node before where that is arithmetic of the same kind.
func (t *translator) affine(v *value, weight, bias *constant) (*value, error) {
	c := bias
	if weight != nil {
		c = weight
	}
	a, err := t.along(v, c)
	if err != nil {
		return nil, err
	}
	axis := 0
	if a >= 0 {
		if axis = t.single(v, a); axis < 1 {
			axis = 0
			if v, err = t.featuresFirst(v, a); err != nil {
				return nil, err
			}
		}
	} else if v.at != input {
		axis = ownAxis(t.made[v.at])
	}
	channels := t.shape(v.at)[axis]
	scale, err := spread(weight, 1, channels)
	if err != nil {
		return nil, err
	}
	shift, err := spread(bias, 0, channels)
	if err != nil {
		return nil, err
	}
	if identity(scale, 1) && identity(shift, 0) {
		return v, nil
	}
	if err := t.spend(8 * channels); err != nil {
		return nil, err
	}
	name := ""
	if weight != nil {
		name = weight.Name
	}
	s, in := t.merged(v.at, axis, scale, shift, name)
	out, err := t.elementwise(s, &value{at: in, axes: v.axes})
	if err != nil {
		return nil, err
	}
	t.adopt(out[0].at, v.at, s)
	return out[0], nil
}

// ownAxis is the axis that a node's own weight or bias lies along, 0 if it has none.
func ownAxis(m made) int {
	switch op := m.op.(type) {
	case graph.Linear:
		return len(m.value) - 1
	case graph.Affine:
		return op.Axis
	case graph.LayerNorm:
		return op.Over()[0]
	}
	return 0
}

// along returns the ONNX axis of v that a constant has one number for, -1 for one number in all.
func (t *translator) along(v *value, c *constant) (int, error) {
	dims, lead := v.dims(), len(c.Shape)-len(v.axes)
	at := -1
	for i, d := range c.Shape {
		a := i - lead
		switch {
		case d == 1:
		case a < 0 || d != dims[a]:
			return 0, fmt.Errorf("its constant of shape %v does not fit shape %v", c.Shape, dims)
		case at >= 0:
			return 0, fmt.Errorf("its constant of shape %v has more than one number for each channel of shape %v", c.Shape, dims)
		default:
			at = a
		}
	}
	return at, nil
}

// featuresFirst returns the value so that its ONNX axis a is all of axis 0 of its node, as it is with a = -1.
func (t *translator) featuresFirst(v *value, a int) (*value, error) {
	if a < 0 {
		return v, nil
	}
	if out, err := t.channels(v, a); err == nil {
		return out, nil
	}
	out, err := t.row(v)
	if err != nil || a != len(v.axes)-1 {
		return nil, fmt.Errorf("its constant has a number for each index of axis %d of shape %v, which is not the channels", a, v.dims())
	}
	return out, nil
}

func spread(c *constant, missing float32, n int) ([]float32, error) {
	if c == nil {
		return slices.Repeat([]float32{missing}, n), nil
	}
	v, err := floats(c)
	if err == nil && len(v) == 1 && n > 1 {
		v = slices.Repeat(v, n)
	}
	return v, err
}

func identity(v []float32, x float32) bool {
	return !slices.ContainsFunc(v, func(y float32) bool { return y != x })
}

// merged returns what does the arithmetic, and on which node: a layer before takes a shift into its bias, and earlier
// arithmetic takes all. The node before stays for others who use it.
func (t *translator) merged(at, axis int, scale, shift []float32, name string) (spec, int) {
	made := func(w, b []float32) map[string]*constant {
		weight := format.Of(name, []int{len(w)}, w)
		p := map[string]*constant{"weight": &weight}
		if b != nil {
			bias := format.Of("", []int{len(b)}, b)
			p["bias"] = &bias
		}
		return p
	}
	if at != input {
		m := t.made[at]
		biased := withBias(m.op)
		_, arithmetic := m.op.(graph.Affine)
		layerNorm, norm := m.op.(graph.LayerNorm)
		if ownAxis(m) != axis || norm && len(layerNorm.Over()) > 1 {
			biased, arithmetic, norm = nil, false, false
		}
		switch {
		case biased != nil && !arithmetic && identity(scale, 1):
			bias, err := spread(m.params["bias"], 0, len(shift))
			if err != nil {
				break
			}
			return spec{op: biased, params: withParam(m.params, "bias", made(nil, plus(bias, shift))["bias"])}, m.in[0]
		case arithmetic || norm:
			w, err := floats(m.params["weight"])
			if err != nil {
				break
			}
			b, err := spread(m.params["bias"], 0, len(w))
			if err != nil {
				break
			}
			if arithmetic {
				m.op = biased
			}
			return spec{op: m.op, params: made(times(w, scale), plus(times(b, scale), shift))}, m.in[0]
		}
	}
	if identity(shift, 0) {
		return spec{op: graph.Affine{Axis: axis}, params: made(scale, nil)}, at
	}
	return spec{op: graph.Affine{Axis: axis, Bias: true}, params: made(scale, shift)}, at
}

// withBias is the op with a bias, nil if it is none that may have one.
func withBias(op graph.Op) graph.Op {
	switch op := op.(type) {
	case graph.Conv:
		op.Bias = true
		return op
	case graph.Linear:
		op.Bias = true
		return op
	case graph.Affine:
		op.Bias = true
		return op
	}
	return nil
}

// adopt gives node at the name of the node before that it has taken the place of.
func (t *translator) adopt(at, before int, s spec) {
	if before != input && t.made[before].op.Name() == s.op.Name() && at != before && slices.Equal(t.made[at].in, t.made[before].in) {
		if _, arithmetic := s.op.(graph.Affine); !arithmetic {
			from := &t.made[before]
			t.made[at].name, t.made[at].module, t.made[at].given = from.name, from.module, from.given
		}
	}
}

func plus(a, b []float32) []float32 {
	out := make([]float32, len(a))
	for i := range a {
		out[i] = a[i] + b[i]
	}
	return out
}

func times(a, b []float32) []float32 {
	out := make([]float32, len(a))
	for i := range a {
		out[i] = a[i] * b[i]
	}
	return out
}
