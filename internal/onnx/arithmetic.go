package onnx

import (
	"errors"
	"fmt"
	"slices"

	"herbarium/format"
	"herbarium/internal/graph"
)

// sum is Add or Sum of two or more inputs.
func sum(t *translator, n *node, in []*value) ([]*value, error) { return t.folded(graph.Add, in) }

func product(t *translator, n *node, in []*value) ([]*value, error) { return t.folded(graph.Mul, in) }

// folded combines values of images, then each constant.
func (t *translator) folded(op string, in []*value) ([]*value, error) {
	var images []*value
	for _, v := range in {
		if v != nil && v.c == nil {
			images = append(images, v)
		}
	}
	out, err := t.combined(op, images)
	for _, v := range in {
		if err != nil {
			return nil, err
		}
		if v == nil || v.c == nil {
			continue
		}
		if op == graph.Add {
			out, err = one(t.affine(out[0], nil, v.c))
		} else {
			out, err = one(t.affine(out[0], v.c, nil))
		}
	}
	return out, err
}

func difference(t *translator, n *node, in []*value) ([]*value, error) {
	if len(in) != 2 || in[1] == nil {
		return nil, errors.New("it needs two inputs")
	}
	if in[1].c != nil {
		minus, err := t.scaled(in[1].c, -1)
		if err != nil {
			return nil, err
		}
		return one(t.affine(in[0], nil, minus))
	}
	minus, err := t.affine(in[1], repeated(-1, 1), nil)
	if err != nil {
		return nil, err
	}
	return t.folded(graph.Add, []*value{in[0], minus})
}

func quotient(t *translator, n *node, in []*value) ([]*value, error) {
	if len(in) != 2 || in[1] == nil || in[1].c == nil {
		return nil, errors.New("it divides by what is computed from the image: only constants are translated")
	}
	inverse, err := t.derived(in[1].c, in[1].c.Shape, func(from, to []float32) {
		for i := range from {
			to[i] = 1 / from[i]
		}
	})
	if err != nil {
		return nil, err
	}
	return one(t.affine(in[0], inverse, nil))
}

// power is x^1 or x^2.
func power(t *translator, n *node, in []*value) ([]*value, error) {
	if len(in) == 2 && in[1] != nil {
		switch x, ok := scalar(in[1].c); {
		case ok && x == 1:
			return []*value{in[0]}, nil
		case ok && x == 2:
			return t.combined(graph.Mul, []*value{in[0], in[0]})
		}
	}
	return nil, errors.New("only squares are translated")
}

// combined adds or multiplies values, which ONNX aligns at their last axes; sizes of 1 are repeated.
func (t *translator) combined(op string, in []*value) ([]*value, error) {
	out := in[0]
	for _, v := range in[1:] {
		var err error
		if out, err = t.combinedTwo(op, out, v); err != nil {
			return nil, err
		}
	}
	return []*value{{at: out.at, axes: out.axes, src: nil}}, nil
}

func (t *translator) combinedTwo(op string, a, b *value) (*value, error) {
	s := spec{node: graph.Node{Op: op}}
	if slices.Equal(t.shape(a.at), t.shape(b.at)) && slices.EqualFunc(a.axes, b.axes, func(x, y []atom) bool { return slices.Equal(joined(x), joined(y)) }) {
		at, err := t.emit(s, a.at, b.at)
		return &value{at: at, axes: a.axes}, err
	}
	shapes := fmt.Errorf("its inputs of shapes %v and %v are not in the same order of axes", a.dims(), b.dims())
	for _, v := range []**value{&a, &b} {
		p, err := t.plain(*v)
		if err != nil {
			return nil, err
		}
		*v = p
	}
	if len(t.shape(a.at)) != len(t.shape(b.at)) {
		var errs [2]error
		a.at, errs[0] = t.lift(a.at)
		b.at, errs[1] = t.lift(b.at)
		if err := errors.Join(errs[0], errs[1]); err != nil {
			return nil, shapes
		}
	}
	if len(a.axes) < len(b.axes) {
		a, b = b, a
	}
	out := &value{axes: slices.Clone(a.axes)}
	for i, g := range b.axes {
		to := &out.axes[len(a.axes)-len(b.axes)+i]
		if len(*to) > 0 && len(g) > 0 && (*to)[0] != g[0] {
			return nil, shapes
		}
		if len(*to) == 0 {
			*to = g
		}
	}
	used := map[int]bool{}
	for _, g := range out.axes {
		if len(g) > 0 && used[g[0].axis] {
			return nil, shapes
		}
		if len(g) > 0 {
			used[g[0].axis] = true
		}
	}
	var err error
	out.at, err = t.emit(s, a.at, b.at)
	return out, err
}

// affine is weight x + bias with constants, nil for 1 and 0, that are one number or one for each channel of [N,C,H,W]
// or [N,F] in any order of axes. It becomes part of the node before where that is arithmetic of the same kind.
func (t *translator) affine(v *value, weight, bias *constant) (*value, error) {
	c := bias
	if weight != nil {
		c = weight
	}
	a, err := t.along(v, c)
	if err != nil {
		return nil, err
	}
	if v, err = t.featuresFirst(v, a); err != nil {
		return nil, err
	}
	channels := t.shape(v.at)[0]
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
	s, in := t.merged(v.at, scale, shift, name)
	out, err := t.elementwise(s, &value{at: in, axes: v.axes})
	if err != nil {
		return nil, err
	}
	t.adopt(out[0].at, v.at, s)
	return out[0], nil
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
	at, from, err := t.features(v)
	if err != nil || from != nil || a != len(v.axes)-1 {
		return nil, fmt.Errorf("its constant has a number for each index of axis %d of shape %v, which is not the channels", a, v.dims())
	}
	out := &value{at: at, axes: slices.Clone(v.axes)}
	out.axes[a] = t.whole(at, 0)
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
func (t *translator) merged(at int, scale, shift []float32, name string) (spec, int) {
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
		switch {
		case (m.Op == graph.Conv || m.Op == graph.Linear) && identity(scale, 1):
			bias, err := spread(m.params["bias"], 0, len(shift))
			if err != nil {
				break
			}
			s := spec{node: m.Node, params: withParam(m.params, "bias", made(nil, plus(bias, shift))["bias"])}
			s.node.Bias = true
			return s, m.in[0]
		case m.Op == graph.Affine || m.Op == graph.LayerNorm:
			w, err := floats(m.params["weight"])
			if err != nil {
				break
			}
			b, err := spread(m.params["bias"], 0, len(w))
			if err != nil {
				break
			}
			s := spec{node: m.Node, params: made(times(w, scale), plus(times(b, scale), shift))}
			s.node.Bias = m.Op == graph.Affine
			return s, m.in[0]
		}
	}
	if identity(shift, 0) {
		return spec{node: graph.Node{Op: graph.Affine}, params: made(scale, nil)}, at
	}
	return spec{node: graph.Node{Op: graph.Affine, Bias: true}, params: made(scale, shift)}, at
}

// adopt gives node at the name of the node before that it has taken the place of.
func (t *translator) adopt(at, before int, s spec) {
	if before != input && t.made[before].Op == s.node.Op && at != before && slices.Equal(t.made[at].in, t.made[before].in) {
		if s.node.Op != graph.Affine {
			t.made[at].name, t.made[at].module = t.made[before].name, t.made[before].module
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
