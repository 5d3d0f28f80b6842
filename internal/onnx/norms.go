package onnx

import (
	"errors"
	"fmt"

	"herbarium/internal/graph"
)

// groupNorm is InstanceNormalization or GroupNormalization on [N,C,...].
func groupNorm(t *translator, n *node, in []*value) ([]*value, error) {
	v := in[0]
	if len(v.axes) < 2 {
		return nil, errors.New("its input has no channels")
	}
	c := v.dims()[1]
	s := spec{op: graph.GroupNorm{Groups: c, Eps: n.float("epsilon", 1e-5)}, params: map[string]*constant{}}
	groups := c
	if n.op == "GroupNormalization" {
		if groups = clamp(n.int("num_groups", 0)); groups < 1 || c%groups != 0 {
			return nil, fmt.Errorf("%d channels cannot be split into %d groups", c, groups)
		}
		s.op = graph.GroupNorm{Groups: groups, Eps: n.float("epsilon", 1e-5)}
	}
	for i, suffix := range []string{"weight", "bias"} {
		p, err := weights(in, i+1, suffix)
		if err != nil {
			return nil, err
		}
		if p.Len() == groups && groups != c { // before operator set 21 there is one number a group
			if p, err = t.strided(p, []int{groups, c / groups}, []int{1, 0}, 0); err != nil {
				return nil, err
			}
			p.Shape = []int{c}
		}
		if p.Len() != c {
			return nil, fmt.Errorf("its %s has shape %v for %d channels", suffix, p.Shape, c)
		}
		s.params[suffix] = p
	}
	if p, err := t.plain(v); err == nil && t.order(p)[1] == 0 {
		return t.elementwise(s, p)
	}
	p, f, err := t.straight(v)
	if err != nil {
		return nil, err
	}
	if f.parts[1] > 1 || f.batch != 0 || f.at(1) != 1 {
		return nil, fmt.Errorf("its input of shape %v does not have the batch first", v.dims())
	}
	return t.elementwise(s, f.joined(p))
}

// rmsNorm is RMSNormalization: x over the root of the mean of its squares, times a weight.
func rmsNorm(t *translator, n *node, in []*value) ([]*value, error) {
	a, err := axis(clamp(n.int("axis", -1)), len(in[0].axes))
	if err != nil {
		return nil, err
	}
	w, err := weights(in, 1, "scale")
	if err != nil {
		return nil, err
	}
	var axes []int
	for ; a < len(in[0].axes); a++ {
		axes = append(axes, a)
	}
	v, err := first(t.combined(graph.Mul{}, []*value{in[0], in[0]}))
	if err == nil {
		v, err = first(t.reduced("mean", v, axes, true))
	}
	if err == nil {
		v, err = t.affine(v, nil, repeated(float32(n.float("epsilon", 1e-5)), 1))
	}
	if err == nil {
		v, err = first(t.elementwise(spec{op: graph.Pow{Exponent: -0.5}}, v))
	}
	if err != nil {
		return nil, err
	}
	return t.folded(graph.Mul{}, []*value{in[0], v, {c: w}})
}
