package onnx

import (
	"errors"
	"fmt"
	"slices"

	"herbarium/internal/graph"
)

// matMul is MatMul: of a value and a constant matrix a linear map, of two values of any rank their products.
func matMul(t *translator, n *node, in []*value) ([]*value, error) {
	if len(in) < 2 || in[1] == nil {
		return nil, errors.New("it needs two inputs")
	}
	a, b := in[0], in[1]
	drop := []int{} // axes of the result that a vector stands for, from the end
	if len(b.dims()) == 1 {
		b, drop = b.reshaped(slices.Concat(b.dims(), sizes{1})), append(drop, 1)
	}
	if len(a.dims()) == 1 {
		a, drop = a.padded(2), append(drop, 2)
	}
	out, err := t.multiplied(a, b)
	if err != nil {
		return nil, err
	}
	for _, k := range drop {
		at := len(out.axes) - k
		if k == 2 && len(drop) == 2 {
			at++
		}
		out = &value{at: out.at, axes: slices.Delete(slices.Clone(out.axes), at, at+1)}
	}
	return []*value{out}, nil
}

// reshaped is the value in dims that differ by axes of size 1.
func (v *value) reshaped(dims sizes) *value {
	if v.c != nil {
		c := *v.c
		c.Shape = dims
		return &value{c: &c}
	}
	axes, _ := regroup(v.axes, dims)
	return &value{at: v.at, axes: axes}
}

// matrix is a constant of two axes, or more of size 1 in front of them; nil if it is none.
func matrix(v *value, rank int) *constant {
	if v.c == nil || len(v.c.Shape) < 2 || len(v.c.Shape) > rank || !isFloat(v.c) {
		return nil
	}
	lead := len(v.c.Shape) - 2
	for _, d := range v.c.Shape[:lead] {
		if d != 1 {
			return nil
		}
	}
	c := *v.c
	c.Shape = c.Shape[lead:]
	return &c
}

// turned is the value with its last two axes exchanged.
func turned(v *value) *value {
	n := len(v.axes)
	out := &value{at: v.at, axes: slices.Clone(v.axes)}
	out.axes[n-1], out.axes[n-2] = out.axes[n-2], out.axes[n-1]
	return out
}

// multiplied is the product of two values with two axes or more.
func (t *translator) multiplied(a, b *value) (*value, error) {
	x, y := a.dims(), b.dims()
	if x[len(x)-1] != y[len(y)-2] {
		return nil, fmt.Errorf("it multiplies shapes %v and %v", x, y)
	}
	if w := matrix(b, len(x)); w != nil && a.c == nil {
		w, err := t.transposed(w)
		if err != nil {
			return nil, err
		}
		return first(t.linear(a, w, nil))
	}
	if w := matrix(a, len(y)); w != nil && b.c == nil {
		out, err := first(t.linear(turned(b), w, nil))
		if err != nil {
			return nil, err
		}
		return turned(out), nil
	}
	in, f, err := t.apart(a, b)
	if err != nil {
		return nil, err
	}
	if f.parts[len(f.parts)-1] > 1 || f.parts[len(f.parts)-2] > 1 || f.batch >= len(in[0].dims())-2 {
		return nil, fmt.Errorf("it multiplies shapes %v and %v over the batch", x, y)
	}
	var at [2]int
	for i, v := range in {
		if at[i], err = t.lay(v, f.rest()); err != nil {
			return nil, err
		}
	}
	out, err := t.emit(spec{op: graph.MatMul{}}, at[:]...)
	if err != nil {
		return nil, err
	}
	return f.joined(t.laid(out, f)), nil
}

// linear makes a linear layer with weight [out, F] along the last axis: of [N,F] a node [out], of channels of an image a
// convolution of 1x1, whatever the order of axes, else along the last axis of a node.
func (t *translator) linear(v *value, w, b *constant) ([]*value, error) {
	last := len(v.axes) - 1
	if d := v.dims()[last]; w.Shape[1] != d {
		return nil, fmt.Errorf("its weight is for %d numbers, its input has %d", w.Shape[1], d)
	}
	if len(v.axes) == 2 {
		if out, err := t.dense(v, w, b); err == nil {
			return out, nil
		}
	}
	if out, err := t.pointwise(v, w, b); err == nil {
		return out, nil
	}
	// Other axes may be in any order, as long as this one is the node's last.
	axis := t.single(v, last)
	if axis == none || axis != len(t.shape(v.at))-1 {
		in, f, err := t.apart(v)
		if err != nil {
			return nil, err
		}
		at, err := t.lay(in[0], f.rest())
		if err != nil {
			return nil, err
		}
		if len(t.shape(at)) == 0 || t.shape(at)[len(t.shape(at))-1] != w.Shape[1] {
			return nil, errors.New("it multiplies the batch")
		}
		v = f.joined(t.laid(at, f))
	}
	at, err := t.emit(layer(graph.Linear{Out: w.Shape[0], Bias: b != nil}, w, b), v.at)
	if err != nil {
		return nil, err
	}
	out := &value{at: at, axes: slices.Clone(v.axes)}
	out.axes[last] = t.whole(at, len(t.shape(at))-1)
	return []*value{out}, nil
}

// layer is an op with its weight and perhaps a bias.
func layer(op graph.Op, w, b *constant) spec {
	s := spec{op: op, params: map[string]*constant{"weight": w}}
	if b != nil {
		s.params["bias"] = b
	}
	return s
}

// dense is a linear layer of one row of numbers for each image. Where they are not in the node's order, the weight's columns
// are moved.
func (t *translator) dense(v *value, w, b *constant) ([]*value, error) {
	at, from, err := t.features(v)
	if err != nil {
		return nil, err
	}
	if from != nil {
		if w, err = t.gathered(w, from); err != nil {
			return nil, err
		}
	}
	if at, err = t.emit(layer(graph.Linear{Out: w.Shape[0], Bias: b != nil}, w, b), at); err != nil {
		return nil, err
	}
	return []*value{t.arranged(at, []int{batch, 0})}, nil
}

// pointwise is a convolution of 1x1 of an image whose channels are the last axis.
func (t *translator) pointwise(in *value, w, b *constant) ([]*value, error) {
	last := len(in.axes) - 1
	if !t.picture(in.at) {
		return nil, errors.New("its input is no image")
	}
	v, err := t.channels(in, last)
	if err != nil {
		return nil, err
	}
	at, err := t.lift(v.at)
	if err != nil {
		return nil, err
	}
	c := *w
	c.Shape = []int{w.Shape[0], w.Shape[1], 1, 1}
	if at, err = t.emit(layer(conv1x1(w.Shape[0], b != nil), &c, b), at); err != nil {
		return nil, err
	}
	out := &value{at: at, axes: slices.Clone(v.axes)}
	out.axes[last] = t.whole(at, 0)
	return []*value{out}, nil
}

// gemm is Gemm: alpha A B + beta C.
func gemm(t *translator, n *node, in []*value) ([]*value, error) {
	if len(in) < 2 || in[1] == nil || len(in[0].dims()) != 2 || len(in[1].dims()) != 2 {
		return nil, errors.New("it multiplies what are no two matrices")
	}
	a, b := in[0], in[1]
	alpha, beta := n.float("alpha", 1), n.float("beta", 1)
	var c *value
	if len(in) > 2 && in[2] != nil && beta != 0 {
		c = in[2]
	}
	if n.int("transA", 0) != 0 {
		if a.c != nil {
			w, err := t.transposed(a.c)
			if err != nil {
				return nil, err
			}
			a = &value{c: w}
		} else {
			a = turned(a)
		}
	}
	if b.c != nil && a.c == nil {
		w, err := weights(in, 1, "second input")
		if err != nil {
			return nil, err
		}
		if n.int("transB", 0) == 0 {
			if w, err = t.transposed(w); err != nil {
				return nil, err
			}
		}
		if alpha != 1 {
			if w, err = t.scaled(w, alpha); err != nil {
				return nil, err
			}
		}
		bias, err := t.biasOf(c, beta, w.Shape[0])
		if err != nil {
			return nil, err
		}
		if bias != nil {
			c = nil
		}
		out, err := t.linear(a, w, bias)
		if err != nil || c == nil {
			return out, err
		}
		return t.plusTimes(out[0], c, beta)
	}
	if n.int("transB", 0) != 0 {
		b = turned(b)
	}
	out, err := t.multiplied(a, b)
	if err == nil && alpha != 1 {
		out, err = t.affine(out, repeated(float32(alpha), 1), nil)
	}
	if err != nil || c == nil {
		return one(out, err)
	}
	return t.plusTimes(out, c, beta)
}

// plusTimes is out + beta c.
func (t *translator) plusTimes(out, c *value, beta float64) ([]*value, error) {
	if beta != 1 && c.c != nil {
		scaled, err := t.scaled(c.c, beta)
		if err != nil {
			return nil, err
		}
		c = &value{c: scaled}
	} else if beta != 1 {
		scaled, err := t.affine(c, repeated(float32(beta), 1), nil)
		if err != nil {
			return nil, err
		}
		c = scaled
	}
	return t.folded(graph.Add{}, []*value{out, c})
}

// biasOf is beta c for each of so many outputs; nil if c is no constant of these.
func (t *translator) biasOf(c *value, beta float64, outputs int) (*constant, error) {
	if c == nil || c.c == nil || !isFloat(c.c) {
		return nil, nil
	}
	b := c.c
	if x, ok := scalar(b); ok {
		if err := t.spend(4 * outputs); err != nil {
			return nil, err
		}
		b = repeated(float32(x), outputs)
	} else if b.Len() != outputs || b.Shape[len(b.Shape)-1] != outputs {
		return nil, nil
	} else if len(b.Shape) != 1 {
		b = &constant{Name: b.Name, DType: b.DType, Shape: []int{outputs}, Data: b.Data}
	}
	if beta == 1 {
		return b, nil
	}
	return t.scaled(b, beta)
}
