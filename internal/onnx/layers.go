package onnx

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"herbarium/format"
	"herbarium/internal/graph"
)

// conv is Conv on [N,C,H,W], or on [N,C,L] as images of one row. Padding that differs on two sides becomes a node of its own.
func conv(t *translator, n *node, in []*value) ([]*value, error) {
	w, at, err := t.convolved(in)
	if err != nil {
		return nil, err
	}
	kernel := graph.Pair{w.Shape[2], w.Shape[3]}
	win, err := t.window(n, kernel, t.shape(at))
	if err != nil {
		return nil, err
	}
	groups := clamp(n.int("group", 1))
	if channels := t.shape(at)[0]; groups < 1 || w.Shape[1] != channels/groups || channels%groups != 0 {
		return nil, fmt.Errorf("its weight has shape %v for %d channels in %d groups", w.Shape, channels, groups)
	}
	conv := graph.Conv{Out: w.Shape[0], Kernel: kernel, Stride: win.stride, Dilation: win.dilation, Groups: groups}
	var b *constant
	if len(in) > 2 && in[2] != nil {
		if b, err = vector(in, 2, "bias", w.Shape[0]); err != nil {
			return nil, err
		}
		conv.Bias = true
	}
	if at, conv.Pad, err = t.padded(at, win); err != nil {
		return nil, err
	}
	if at, err = t.emit(layer(conv, w, b), at); err != nil {
		return nil, err
	}
	return []*value{t.likeInput(at, in[0])}, nil
}

// convolved are the weight of a convolution with four axes and the node [C,H,W] that it works on.
func (t *translator) convolved(in []*value) (*constant, int, error) {
	w, err := weights(in, 1, "weight")
	if err != nil {
		return nil, 0, err
	}
	if len(w.Shape) == 3 && len(in[0].axes) == 3 {
		c := *w
		c.Shape = []int{w.Shape[0], w.Shape[1], 1, w.Shape[2]}
		at, err := t.line(in[0])
		return &c, at, err
	}
	if len(w.Shape) != 4 {
		return nil, 0, fmt.Errorf("its weight has shape %v: only convolutions along height and width, or along one axis, are translated", w.Shape)
	}
	at, err := t.images(in[0])
	return w, at, err
}

// line is [N,C,L] as a node [C,1,L].
func (t *translator) line(v *value) (int, error) {
	return t.images(&value{at: v.at, axes: slices.Insert(slices.Clone(v.axes), 2, []atom(nil))})
}

// likeInput is the value of a node [C,H,W] with as many ONNX axes as the input that it is made of.
func (t *translator) likeInput(at int, in *value) *value {
	v := t.arranged(at, nchw)
	if len(in.axes) == 3 {
		v.axes = slices.Delete(v.axes, 2, 3)
	}
	return v
}

// convTranspose is ConvTranspose on [N,C,H,W] or [N,C,L].
func convTranspose(t *translator, n *node, in []*value) ([]*value, error) {
	w, at, err := t.convolved(in)
	if err != nil {
		return nil, err
	}
	kernel := graph.Pair{w.Shape[2], w.Shape[3]}
	if auto := n.text("auto_pad", "NOTSET"); auto != "NOTSET" && auto != "VALID" || n.attr("output_shape") != nil {
		return nil, errors.New("its padding follows from the size of its output: only pads are translated")
	}
	win, err := t.window(n, kernel, t.shape(at))
	if err != nil {
		return nil, err
	}
	extra, err := pair(n, "output_padding", 0)
	if err != nil {
		return nil, err
	}
	groups := clamp(n.int("group", 1))
	if channels := t.shape(at)[0]; groups < 1 || w.Shape[0] != channels || channels%groups != 0 {
		return nil, fmt.Errorf("its weight has shape %v for %d channels in %d groups", w.Shape, channels, groups)
	}
	op := graph.ConvTranspose{Out: w.Shape[1] * groups, Kernel: kernel, Stride: win.stride, Dilation: win.dilation, Groups: groups, Extra: extra}
	for a := range 2 { // what is cut off behind and less than in front is there after all
		op.Pad[a] = win.before[a]
		op.Extra[a] += win.before[a] - win.after[a]
	}
	var b *constant
	if len(in) > 2 && in[2] != nil {
		if b, err = vector(in, 2, "bias", op.Out); err != nil {
			return nil, err
		}
		op.Bias = true
	}
	if at, err = t.emit(layer(op, w, b), at); err != nil {
		return nil, err
	}
	return []*value{t.likeInput(at, in[0])}, nil
}

// padded returns the padding that both sides share, after a node for the rest of it.
func (t *translator) padded(at int, w window) (int, graph.Pair, error) {
	if w.before == w.after {
		return at, w.before, nil
	}
	s := spec{op: graph.Pad{Mode: "zeros", Before: []int{0, w.before[0], w.before[1]}, After: []int{0, w.after[0], w.after[1]}}, name: "pad"}
	at, err := t.emit(s, at)
	return at, graph.Pair{}, err
}

// batchNorm is BatchNormalization of axis 1, as it answers after training.
func batchNorm(t *translator, n *node, in []*value) ([]*value, error) {
	batch := n.int("training_mode", 0) != 0
	for i, out := range n.out { // before operator set 14 it is the outputs that tell
		batch = batch || i > 0 && out != ""
	}
	if batch {
		return nil, errors.New("it normalizes by the batch: export the net in eval mode")
	}
	v := in[0]
	if len(v.axes) < 2 {
		return nil, errors.New("its input has no channels")
	}
	channels := v.dims()[1]
	s := spec{op: graph.BN{Eps: n.float("epsilon", 1e-5), Momentum: 1 - n.float("momentum", 0.9)}, params: map[string]*constant{}}
	for i, suffix := range []string{"weight", "bias", "running_mean", "running_var"} {
		var err error
		if s.params[suffix], err = vector(in, i+1, suffix, channels); err != nil {
			return nil, err
		}
	}
	if p, err := t.plain(v); err == nil && t.order(p)[1] == 0 {
		return t.elementwise(s, p)
	}
	if axis := t.single(v, 1); axis == 0 {
		return t.elementwise(s, v)
	}
	return t.scaledAndShifted(v, s.op.(graph.BN).Eps, s.params)
}

// scaledAndShifted is what a batch norm does after training, along axis 1, wherever that is in the node.
func (t *translator) scaledAndShifted(v *value, eps float64, params map[string]*constant) ([]*value, error) {
	var p [4][]float32
	for i, suffix := range []string{"weight", "bias", "running_mean", "running_var"} {
		var err error
		if p[i], err = floats(params[suffix]); err != nil {
			return nil, err
		}
	}
	c := len(p[0])
	if err := t.spend(8 * c); err != nil {
		return nil, err
	}
	scale, shift := make([]float32, c), make([]float32, c)
	for i := range c {
		by := float64(p[0][i]) / math.Sqrt(float64(p[3][i])+eps)
		scale[i], shift[i] = float32(by), float32(float64(p[1][i])-float64(p[2][i])*by)
	}
	shape := slices.Repeat([]int{1}, len(v.axes)-1)
	shape[0] = c
	weight, bias := format.Of(params["weight"].Name, shape, scale), format.Of("", shape, shift)
	out, err := t.folded(graph.Mul{}, []*value{v, {c: &weight}})
	if err != nil {
		return nil, err
	}
	return t.folded(graph.Add{}, []*value{out[0], {c: &bias}})
}

// layerNorm is LayerNormalization over the last axes.
func layerNorm(t *translator, n *node, in []*value) ([]*value, error) {
	a, err := axis(clamp(n.int("axis", -1)), len(in[0].axes))
	if err != nil {
		return nil, err
	}
	size, err := count(in[0].dims()[a:])
	if err != nil {
		return nil, err
	}
	w, err := vector(in, 1, "scale", size)
	if err != nil {
		return nil, err
	}
	var b *constant
	if len(in) > 2 && in[2] != nil {
		if b, err = vector(in, 2, "bias", size); err != nil {
			return nil, err
		}
	}
	var axes []int
	for ; a < len(in[0].axes); a++ {
		axes = append(axes, a)
	}
	return t.normOver(n.float("epsilon", 1e-5), w, b, in[0], axes)
}

// normOver is a layer norm over axes of v; weight and bias, for all indexes of these, nil for 1 and 0.
func (t *translator) normOver(eps float64, w, b *constant, v *value, axes []int) ([]*value, error) {
	var over []int
	if len(axes) == 1 {
		if p, err := t.channels(v, axes[0]); err == nil {
			v, over = p, []int{0}
		} else if to := t.single(v, axes[0]); to != none {
			over = []int{to}
		}
	}
	if over == nil {
		p, f, err := t.straight(v)
		if err != nil {
			return nil, err
		}
		for _, a := range axes {
			if f.parts[a] > 1 || f.at(a) == f.batch {
				return nil, errors.New("it normalizes over the batch")
			}
			to := f.at(a)
			if f.batch != none && f.batch < to {
				to--
			}
			over = append(over, to)
		}
		v = f.joined(p)
	}
	var shape []int
	for _, a := range over {
		shape = append(shape, t.shape(v.at)[a])
	}
	size, err := count(shape)
	if err != nil {
		return nil, err
	}
	if err := t.spend(8 * size); err != nil {
		return nil, err
	}
	if w == nil {
		w = repeated(1, size)
	}
	if b == nil {
		b = repeated(0, size)
	}
	params := map[string]*constant{}
	for suffix, c := range map[string]*constant{"weight": w, "bias": b} {
		params[suffix] = &constant{Name: c.Name, DType: c.DType, Shape: shape, Data: c.Data}
	}
	if len(over) == 1 && over[0] == 0 {
		over = nil
	}
	return t.elementwise(spec{op: graph.LayerNorm{Eps: eps, Axes: over}, params: params}, v)
}

// channels is the value as one whose axis a is all channels of its node.
func (t *translator) channels(in *value, a int) (*value, error) {
	v, err := t.spatial(in, a)
	if err != nil {
		return nil, err
	}
	if g := v.axes[a]; len(g) != 1 && t.shape(v.at)[0] != 1 || len(g) == 1 && g[0].axis != 0 {
		return nil, fmt.Errorf("axis %d of its input of shape %v is not the channels", a, v.dims())
	}
	return v, nil
}

// spatial is plain, but only for axis a: others may be joined, such as height and width.
func (t *translator) spatial(in *value, a int) (*value, error) {
	if v, err := t.plain(in); err == nil {
		return v, nil
	}
	g := joined(in.axes[a])
	if len(g) > 1 || len(g) == 1 && g[0].size != t.side(in.at, g[0].axis) {
		return nil, fmt.Errorf("axis %d of its input of shape %v is not one axis of an image", a, in.dims())
	}
	v := &value{at: in.at, axes: slices.Clone(in.axes), src: in.src}
	v.axes[a] = g
	return v, nil
}

func repeated(x float32, n int) *constant {
	c := format.Of("", []int{n}, slices.Repeat([]float32{x}, n))
	return &c
}

// lrn is LRN; ONNX and this project put an even window on different sides.
func lrn(t *translator, n *node, in []*value) ([]*value, error) {
	size := clamp(n.int("size", 0))
	if size%2 == 0 {
		return nil, fmt.Errorf("size %d is not odd", size)
	}
	at, err := t.images(in[0])
	if err != nil {
		return nil, err
	}
	s := spec{op: graph.LRN{Window: size, Alpha: n.float("alpha", 1e-4), Beta: n.float("beta", 0.75), K: n.float("bias", 1)}}
	if at, err = t.emit(s, at); err != nil {
		return nil, err
	}
	return []*value{t.arranged(at, nchw)}, nil
}

// softmax is Softmax or LogSoftmax along an axis; before operator set 13 over all axes from one on.
func softmax(t *translator, n *node, in []*value) ([]*value, error) {
	v := in[0]
	missing := int64(-1)
	if t.opset < 13 {
		missing = 1
	}
	a, err := axis(clamp(n.int("axis", missing)), len(v.axes))
	if err != nil {
		return nil, err
	}
	dims := v.dims()
	if t.opset < 13 && slices.ContainsFunc(dims[a+1:], func(d int) bool { return d != 1 }) {
		v = &value{at: v.at, axes: append(slices.Clone(v.axes[:a]), slices.Concat(v.axes[a:]...))}
	}
	out, err := t.alongAxis(v, a, func(axis int) spec { return spec{op: graph.Softmax{Axis: axis}} })
	if err != nil {
		return nil, err
	}
	if n.op == "LogSoftmax" {
		if out, err = first(t.elementwise(spec{op: graph.Unary{Function: "log"}}, out)); err != nil {
			return nil, err
		}
	}
	if len(out.axes) < len(dims) {
		groups, err := regroup(out.axes[a:], dims[a:])
		if err != nil {
			return nil, err
		}
		out = &value{at: out.at, axes: slices.Concat(out.axes[:a], groups)}
	}
	return []*value{out}, nil
}

// alongAxis makes a node that keeps the shape of its input and works along one ONNX axis.
func (t *translator) alongAxis(v *value, a int, op func(axis int) spec) (*value, error) {
	to := t.single(v, a)
	if p, err := t.plain(v); err == nil && to == none { // a shuffle of channels, or an axis of size 1
		if axis := t.order(p)[a]; axis >= 0 {
			v, to = p, axis
		}
	}
	if to == none {
		p, f, err := t.straight(v)
		if err != nil {
			return nil, err
		}
		if f.parts[a] > 1 || f.at(a) == f.batch {
			return nil, errors.New("it works over the batch")
		}
		v, to = f.joined(p), slices.Index(f.rest(), f.at(a))
	}
	return first(t.elementwise(op(to), v))
}

// elementwise makes a node that keeps the shape of its input.
func (t *translator) elementwise(s spec, v *value) ([]*value, error) {
	at, err := t.emit(s, v.at)
	if err != nil {
		return nil, err
	}
	return []*value{{at: at, axes: v.axes}}, nil
}
