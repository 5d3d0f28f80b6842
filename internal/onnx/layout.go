package onnx

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A value is what a name of the ONNX graph stands for: a constant, or the output of a node of our graph in some order
// of axes. Transposes and reshapes change the order alone, and nothing is computed for them: they are gone where
// exporters put two that cancel, and what is left is asked of whoever uses the value.
type value struct {
	c    *constant
	at   int      // number of the node, or input
	axes [][]atom // of the ONNX tensor: what each is made of, outermost first; an axis of size 1 is made of nothing
	src  *node    // the ONNX node it comes from; nil for inputs and initializers
	err  error    // why nothing can use it; a value that nobody uses may have any
	cost int      // bytes of a constant that was made
	kept bool     // something else may share them
}

// An atom is an axis of our node's shape, or a part of one that a reshape has cut off.
type atom struct {
	axis   int // batch, or of the node's shape
	size   int // at least 2
	stride int // in elements of that axis
}

const (
	input = -1 // the number of the graph's input among nodes
	batch = -1 // the axis that shapes of nodes leave out
)

// sizes are those of the axes of an ONNX tensor.
type sizes []int

// String writes N for a batch of free size.
func (s sizes) String() string {
	parts := make([]string, len(s))
	for i, d := range s {
		parts[i] = strconv.Itoa(d)
		if d == unknownBatch {
			parts[i] = "N"
		}
	}
	return "[" + strings.Join(parts, " ") + "]"
}

// dims is the shape of the ONNX tensor.
func (v *value) dims() sizes {
	if v.c != nil {
		return v.c.Shape
	}
	dims := make(sizes, len(v.axes))
	for i, group := range v.axes {
		dims[i] = 1
		for _, a := range group {
			dims[i] *= a.size
		}
	}
	return dims
}

// side is the size of an axis of the value's node; the batch is one, too.
func (t *translator) side(at, axis int) int {
	if axis == batch {
		return t.batch
	}
	return t.shape(at)[axis]
}

// whole returns what an ONNX axis is made of that is all of that axis of node at.
func (t *translator) whole(at, axis int) []atom {
	if n := t.side(at, axis); n > 1 {
		return []atom{{axis, n, 1}}
	}
	return nil
}

// arranged is the value of node at whose ONNX axes are the node's axes in that order; none stands for a size of 1.
func (t *translator) arranged(at int, order []int) *value {
	v := &value{at: at, axes: make([][]atom, len(order))}
	for i, axis := range order {
		if axis != none {
			v.axes[i] = t.whole(at, axis)
		}
	}
	return v
}

const none = -2

var nchw = []int{batch, 0, 1, 2}

// regroup returns the axes of a reshape to dims of the same number of elements.
func regroup(axes [][]atom, dims []int) ([][]atom, error) {
	rest := slices.Concat(axes...)
	out := make([][]atom, len(dims))
	for i, need := range dims {
		for need > 1 {
			if len(rest) == 0 {
				return nil, errors.New("has more elements than its input")
			}
			a := &rest[0]
			switch {
			case need%a.size == 0:
				out[i] = append(out[i], *a)
				need /= a.size
				rest = rest[1:]
			case a.size%need == 0:
				a.size /= need
				out[i] = append(out[i], atom{a.axis, need, a.stride * a.size})
				need = 1
			default:
				return nil, fmt.Errorf("cuts an axis of %d into %d", a.size, need)
			}
		}
	}
	if len(rest) > 0 {
		return nil, errors.New("has fewer elements than its input")
	}
	return out, nil
}

// joined puts atoms together that lie side by side.
func joined(group []atom) []atom {
	var out []atom
	for _, b := range group {
		if n := len(out) - 1; n >= 0 && out[n].axis == b.axis && out[n].stride == b.stride*b.size {
			out[n] = atom{b.axis, out[n].size * b.size, b.stride}
		} else {
			out = append(out, b)
		}
	}
	return out
}

// plain returns the value with every ONNX axis one whole axis of its node, or of size 1. Channels in another order than
// the node's become a shuffle. What remains cut or joined is an error.
func (t *translator) plain(v *value) (*value, error) {
	v = &value{at: v.at, axes: slices.Clone(v.axes), src: v.src}
	for i := range v.axes {
		g := joined(v.axes[i])
		if len(g) == 2 && g[0].axis == 0 && g[1].axis == 0 && g[0].stride == 1 && g[1].stride == g[0].size &&
			g[0].size*g[1].size == t.side(v.at, 0) && len(t.shape(v.at)) == 3 {
			at, err := t.emit(shuffle(g[1].size), v.at)
			if err != nil {
				return nil, err
			}
			v.at, g = at, t.whole(at, 0)
		}
		if len(g) > 1 || len(g) == 1 && g[0].size != t.side(v.at, g[0].axis) {
			return nil, fmt.Errorf("its input of shape %v has axes that a reshape has joined or cut, and that is not undone before it", v.dims())
		}
		v.axes[i] = g
	}
	return v, nil
}

// order returns the node's axis for each ONNX axis of a plain value. Axes of size 1 leave no trace: they are given
// those that are left, in their order.
func (t *translator) order(v *value) []int {
	left := []int{batch}
	for a := range t.shape(v.at) {
		left = append(left, a)
	}
	out := make([]int, len(v.axes))
	for i, g := range v.axes {
		out[i] = none
		if len(g) > 0 {
			out[i] = g[0].axis
			left = slices.DeleteFunc(slices.Clone(left), func(a int) bool { return a == g[0].axis })
		}
	}
	for i := range out {
		if out[i] == none && len(left) > 0 {
			out[i], left = left[0], left[1:]
		}
	}
	return out
}

// images returns the number of the node that gives the value, which is wanted as [N,C,H,W].
func (t *translator) images(v *value) (int, error) {
	if p, err := t.plain(v); err == nil {
		if at, err := t.lift(p.at); err == nil && slices.Equal(t.order(&value{at: at, axes: p.axes}), nchw) {
			return at, nil
		}
	}
	in, f, err := t.apart(v)
	if err != nil {
		return 0, err
	}
	if len(v.axes) != 4 || f.batch != 0 || len(f.rest()) != 3 {
		return 0, fmt.Errorf("its input of shape %v does not have batch, channels, height and width in this order", v.dims())
	}
	return t.lay(in[0], f.rest())
}
