package onnx

import (
	"errors"
	"fmt"

	"herbarium/format"
	"herbarium/internal/graph"
)

// gemm is Gemm of [N,F] and a constant.
func gemm(t *translator, n *node, in []*value) ([]*value, error) {
	w, err := weights(in, 1, "second input")
	if err != nil {
		return nil, err
	}
	if len(w.Shape) != 2 || len(in[0].axes) != 2 || n.int("transA", 0) != 0 {
		return nil, fmt.Errorf("it multiplies shapes %v and %v, not images' rows and a matrix", in[0].dims(), w.Shape)
	}
	if n.int("transB", 0) == 0 {
		if w, err = t.transposed(w); err != nil {
			return nil, err
		}
	}
	alpha, beta := n.float("alpha", 1), n.float("beta", 1)
	if alpha != 1 {
		if w, err = t.scaled(w, alpha); err != nil {
			return nil, err
		}
	}
	var b *constant
	if len(in) > 2 && in[2] != nil && beta != 0 {
		if b, err = weights(in, 2, "third input"); err != nil {
			return nil, err
		}
		if x, ok := scalar(b); ok {
			if err := t.spend(4 * w.Shape[0]); err != nil {
				return nil, err
			}
			b = repeated(float32(x), w.Shape[0])
		} else if b, err = vector(in, 2, "third input", w.Shape[0]); err != nil {
			return nil, err
		}
		if beta != 1 {
			if b, err = t.scaled(b, beta); err != nil {
				return nil, err
			}
		}
	}
	return t.linear(in[0], w, b)
}

// matMul is MatMul of a value whose last axis is channels or features and a constant matrix.
func matMul(t *translator, n *node, in []*value) ([]*value, error) {
	if len(in) < 2 || in[0].c != nil {
		return nil, errors.New("its first input is a constant: only products with a matrix behind are translated")
	}
	w, err := weights(in, 1, "second input")
	if err != nil {
		return nil, err
	}
	if len(w.Shape) != 2 || len(in[0].axes) < 2 {
		return nil, fmt.Errorf("it multiplies shapes %v and %v: only a constant matrix is translated", in[0].dims(), w.Shape)
	}
	if w, err = t.transposed(w); err != nil {
		return nil, err
	}
	if len(in[0].axes) == 2 {
		return t.linear(in[0], w, nil)
	}
	// At each position by itself: a convolution of 1x1, whatever the order of axes.
	last := len(in[0].axes) - 1
	v, err := t.channels(in[0], last)
	if err != nil {
		return nil, err
	}
	at, err := t.lift(v.at)
	if err != nil {
		return nil, err
	}
	if w.Shape[1] != t.shape(at)[0] {
		return nil, fmt.Errorf("it multiplies shapes %v and %v", in[0].dims(), in[1].c.Shape)
	}
	c := *w
	c.Shape = []int{w.Shape[0], w.Shape[1], 1, 1}
	at, err = t.emit(spec{op: conv1x1(w.Shape[0], false), params: map[string]*constant{"weight": &c}}, at)
	if err != nil {
		return nil, err
	}
	out := &value{at: at, axes: append([][]atom{}, v.axes...)}
	out.axes[last] = t.whole(at, 0)
	return []*value{out}, nil
}

// linear makes a linear layer with weight [out, F]. Where F are not in the node's order, the weight's columns are moved.
func (t *translator) linear(v *value, w, b *constant) ([]*value, error) {
	at, from, err := t.features(v)
	if err != nil {
		return nil, err
	}
	if f := t.shape(at)[0]; w.Shape[1] != f {
		return nil, fmt.Errorf("its weight is for %d numbers an image, its input has %d", w.Shape[1], f)
	}
	if from != nil {
		if w, err = t.gathered(w, from); err != nil {
			return nil, err
		}
	}
	s := spec{op: graph.Linear{Out: w.Shape[0], Bias: b != nil}, params: map[string]*constant{"weight": w}}
	if b != nil {
		s.params["bias"] = b
	}
	if at, err = t.emit(s, at); err != nil {
		return nil, err
	}
	return []*value{t.arranged(at, []int{batch, 0})}, nil
}

// derived makes a constant of as many floats as c, under its name.
func (t *translator) derived(c *constant, shape []int, fill func(from, to []float32)) (*constant, error) {
	if err := t.spend(8 * c.Len()); err != nil {
		return nil, err
	}
	from, err := floats(c)
	if err != nil {
		return nil, err
	}
	to := make([]float32, len(from))
	fill(from, to)
	out := format.Of(c.Name, shape, to)
	return &out, nil
}

func (t *translator) transposed(c *constant) (*constant, error) {
	rows, columns := c.Shape[0], c.Shape[1]
	return t.derived(c, []int{columns, rows}, func(from, to []float32) {
		for i := range rows {
			for j := range columns {
				to[j*rows+i] = from[i*columns+j]
			}
		}
	})
}

func (t *translator) scaled(c *constant, by float64) (*constant, error) {
	return t.derived(c, c.Shape, func(from, to []float32) {
		for i := range from {
			to[i] = float32(float64(from[i]) * by)
		}
	})
}

// gathered moves column j of a matrix to column from[j].
func (t *translator) gathered(c *constant, columns []int) (*constant, error) {
	return t.derived(c, c.Shape, func(from, to []float32) {
		for i := 0; i < len(from); i += len(columns) {
			for j, k := range columns {
				to[i+k] = from[i+j]
			}
		}
	})
}
