package onnx

import (
	"errors"
	"fmt"
	"slices"

	"herbarium/format"
	"herbarium/internal/graph"
)

// conv is Conv on [N,C,H,W]. Padding that differs on two sides becomes a node of its own.
func conv(t *translator, n *node, in []*value) ([]*value, error) {
	w, err := weights(in, 1, "weight")
	if err != nil {
		return nil, err
	}
	if len(w.Shape) != 4 {
		return nil, fmt.Errorf("its weight has shape %v: only convolutions along height and width are translated", w.Shape)
	}
	at, err := t.images(in[0])
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
	params := map[string]*constant{"weight": w}
	if len(in) > 2 && in[2] != nil {
		b, err := vector(in, 2, "bias", w.Shape[0])
		if err != nil {
			return nil, err
		}
		conv.Bias, params["bias"] = true, b
	}
	if at, conv.Pad, err = t.padded(at, win); err != nil {
		return nil, err
	}
	if at, err = t.emit(spec{op: conv, params: params}, at); err != nil {
		return nil, err
	}
	return []*value{t.arranged(at, nchw)}, nil
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
	v, err := t.plain(in[0])
	if err != nil {
		return nil, err
	}
	if len(v.axes) < 2 || t.order(v)[1] != 0 {
		return nil, fmt.Errorf("axis 1 of its input of shape %v is not the channels", v.dims())
	}
	s := spec{op: graph.BN{Eps: n.float("epsilon", 1e-5), Momentum: 1 - n.float("momentum", 0.9)}, params: map[string]*constant{}}
	for i, suffix := range []string{"weight", "bias", "running_mean", "running_var"} {
		if s.params[suffix], err = vector(in, i+1, suffix, t.shape(v.at)[0]); err != nil {
			return nil, err
		}
	}
	return t.elementwise(s, v)
}

// layerNorm is LayerNormalization over an axis that is all channels, wherever it stands.
func layerNorm(t *translator, n *node, in []*value) ([]*value, error) {
	a, err := axis(clamp(n.int("axis", -1)), len(in[0].axes))
	if err != nil {
		return nil, err
	}
	v, err := t.channels(in[0], a)
	if err != nil {
		return nil, err
	}
	if a != len(v.axes)-1 {
		return nil, errors.New("it normalizes over more than the channels")
	}
	c := t.shape(v.at)[0]
	w, err := vector(in, 1, "scale", c)
	if err != nil {
		return nil, err
	}
	var b *constant
	if len(in) > 2 && in[2] != nil {
		if b, err = vector(in, 2, "bias", c); err != nil {
			return nil, err
		}
	}
	return t.normOver(n.float("epsilon", 1e-5), w, b, v)
}

// normOver is a layer norm of all channels of v; weight and bias nil are 1 and 0.
func (t *translator) normOver(eps float64, w, b *constant, v *value) ([]*value, error) {
	c := t.shape(v.at)[0]
	if err := t.spend(8 * c); err != nil {
		return nil, err
	}
	if w == nil {
		w = repeated(1, c)
	}
	if b == nil {
		b = repeated(0, c)
	}
	return t.elementwise(spec{op: graph.LayerNorm{Eps: eps}, params: map[string]*constant{"weight": w, "bias": b}}, v)
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

// softmax along one whole axis.
func softmax(t *translator, n *node, in []*value) ([]*value, error) {
	missing := int64(-1)
	if t.opset < 13 {
		missing = 1
	}
	a, err := axis(clamp(n.int("axis", missing)), len(in[0].axes))
	if err != nil {
		return nil, err
	}
	if d := in[0].dims(); t.opset < 13 && slices.ContainsFunc(d[a+1:], func(d int) bool { return d != 1 }) {
		return nil, fmt.Errorf("before operator set 13 it works over all axes from %d on, of shape %v", a, d)
	}
	v, err := t.plain(in[0])
	if err != nil {
		return nil, err
	}
	to := t.order(v)[a]
	if to < 0 {
		return nil, errors.New("it works over the batch")
	}
	return t.elementwise(spec{op: graph.Softmax{Axis: to}}, v)
}

// elementwise makes a node that keeps the shape of its input.
func (t *translator) elementwise(s spec, v *value) ([]*value, error) {
	at, err := t.emit(s, v.at)
	if err != nil {
		return nil, err
	}
	return []*value{{at: at, axes: v.axes}}, nil
}
