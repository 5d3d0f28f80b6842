package onnx

import (
	"errors"
	"math"
	"slices"

	"herbarium/internal/graph"
)

// attention recognizes softmax(scale q k^T + bias) v at the product that ends it, if the heads of q, k and v are channels
// of one node each, one head after the other: nil if it is none.
func (t *translator) attention(n *node, in []*value) *value {
	if n.op != "MatMul" || len(in) != 2 || in[0].src == nil || in[0].src.op != "Softmax" || in[0].c != nil || in[1].c != nil || in[1].err != nil {
		return nil
	}
	soft := in[0].src
	rank := len(in[1].axes)
	missing := int64(-1)
	if t.opset < 13 {
		missing = 1
	}
	if a, err := axis(clamp(soft.int("axis", missing)), rank); err != nil || a != rank-1 || len(in[0].axes) != rank {
		return nil
	}
	scores := t.values[soft.in[0]]
	q, kt, scale, bias := t.scores(scores, 1, nil)
	if q == nil || len(q.axes) != rank || len(kt.axes) != rank {
		return nil
	}
	out, err := t.attend(q, turned(kt), in[1], scale, bias)
	if err != nil {
		return nil
	}
	return out
}

// scores takes scale q k^T + bias apart; q is nil if it is none.
func (t *translator) scores(v *value, scale float64, bias *value) (q, kt *value, by float64, plus *value) {
	for depth := 0; v != nil && v.src != nil && v.c == nil && depth < 4; depth++ {
		in := t.inputs(v.src, 2)
		if in == nil || in[0].err != nil || in[1].err != nil {
			return nil, nil, 0, nil
		}
		switch v.src.op {
		case "MatMul":
			if in[0].c != nil || in[1].c != nil {
				return nil, nil, 0, nil
			}
			q, s := t.unscaled(in[0])
			k, r := t.unscaled(in[1])
			return q, k, scale * s * r, bias
		case "Mul", "Div":
			for i := range in {
				x, ok := scalar(in[i].c)
				switch {
				case !ok || v.src.op == "Div" && i == 0:
				case v.src.op == "Div":
					x = 1 / x
					fallthrough
				default:
					scale *= x
					v = in[1-i]
					in = nil
				}
				if in == nil {
					break
				}
			}
			if in != nil {
				return nil, nil, 0, nil
			}
		case "Add":
			if bias != nil || scale != 1 {
				return nil, nil, 0, nil
			}
			i := 0 // the scores are what a product has made
			if in[1].c == nil && t.product2(in[1]) && !t.product2(in[0]) {
				i = 1
			}
			v, bias = in[i], in[1-i]
		default:
			return nil, nil, 0, nil
		}
	}
	return nil, nil, 0, nil
}

// product2 says whether a value is a product of two values of the image, perhaps times a number or plus a bias.
func (t *translator) product2(v *value) bool {
	for depth := 0; v != nil && v.src != nil && v.c == nil && depth < 4; depth++ {
		in := t.inputs(v.src, 2)
		if in == nil {
			return false
		}
		switch v.src.op {
		case "MatMul":
			return in[0].c == nil && in[1].c == nil
		case "Mul", "Div", "Add":
			if v = in[0]; v.c != nil {
				v = in[1]
			}
		default:
			return false
		}
	}
	return false
}

// unscaled is the value before it was multiplied by one number for all, and the number.
func (t *translator) unscaled(v *value) (*value, float64) {
	if v.at == input {
		return v, 1
	}
	m := t.made[v.at]
	op, ok := m.op.(graph.Affine)
	if !ok || op.Bias {
		return v, 1
	}
	w, err := floats(m.params["weight"])
	if err != nil || len(w) == 0 || !identity(w, w[0]) || w[0] == 0 {
		return v, 1
	}
	return &value{at: m.in[0], axes: v.axes, src: v.src}, float64(w[0])
}

var errNoHeads = errors.New("its heads are not channels")

// attend makes an attention of q [..., heads, T, C], k [..., heads, S, C] and v [..., heads, S, D].
func (t *translator) attend(q, k, v *value, scale float64, bias *value) (*value, error) {
	all := []*value{q, k, v}
	if bias != nil {
		all = append(all, bias)
	}
	in, f, err := t.apart(all...)
	if err != nil {
		return nil, err
	}
	rank := len(in[0].dims())
	head := rank - 3 // the axis of the heads
	if f.batch > head || f.batch == none && head < 0 {
		return nil, errNoHeads
	}
	if f.batch == head || head < 0 {
		head = none
	}
	heads := 1
	if head != none {
		heads = in[0].dims()[head]
	}
	var at []int
	for _, x := range in[:3] {
		if x.c != nil || head != none && x.dims()[head] != heads {
			return nil, errNoHeads
		}
		y := &value{at: x.at, axes: slices.Clone(x.axes)}
		if head != none {
			if heads > 1 && !t.adjacent(x, head, rank-1) {
				return nil, errNoHeads
			}
			y.axes[rank-1] = slices.Concat(x.axes[head], x.axes[rank-1])
			y.axes[head] = nil
		}
		order := slices.DeleteFunc(f.rest(), func(a int) bool { return a == head })
		i, err := t.lay(y, order)
		if err != nil {
			return nil, err
		}
		at = append(at, i)
	}
	if bias != nil {
		order := f.rest()
		if head == none {
			order = slices.Insert(slices.Clone(order), len(order)-2, none)
		}
		i, err := t.lay(in[3], order)
		if err != nil {
			return nil, err
		}
		at = append(at, i)
	}
	i, err := t.emit(spec{op: graph.Attention{Heads: heads, Scale: rounded(scale)}}, at...)
	if err != nil {
		return nil, err
	}
	out := &value{at: i, axes: make([][]atom, rank)}
	to := 0
	for a := range rank {
		switch a {
		case f.batch:
			out.axes[a] = t.whole(i, batch)
		case head:
		default:
			out.axes[a] = t.whole(i, to)
			to++
		}
	}
	if heads > 1 {
		groups, err := regroup(out.axes[rank-1:], []int{heads, in[2].dims()[rank-1]})
		if err != nil {
			return nil, err
		}
		out.axes[head], out.axes[rank-1] = groups[0], groups[1]
	}
	return f.joined(out), nil
}

// adjacent says whether the indexes of one ONNX axis lie as far from each other in the node as those of another reach: heads
// and their channels.
func (t *translator) adjacent(v *value, outer, inner int) bool {
	a, b := joined(v.axes[outer]), joined(v.axes[inner])
	if len(b) == 0 {
		return len(a) == 1
	}
	if len(a) != 1 || len(b) != 1 {
		return false
	}
	scale := steps(t.shape(v.at))
	return a[0].stride*scale[a[0].axis] == b[0].size*b[0].stride*scale[b[0].axis]
}

// rounded is a scale to the digits of float32 that it was written in.
func rounded(x float64) float64 {
	if r := 1 / math.Sqrt(math.Round(1/(x*x))); near(x, r) && math.Abs(x-r) < 1e-6*x {
		return r
	}
	return float64(float32(x))
}
