package onnx

import (
	"errors"
	"fmt"

	"herbarium/internal/graph"
)

// A window is what convolutions and pooling have in common; pairs are [y, x].
type window struct{ kernel, stride, dilation, before, after graph.Pair }

// window reads strides, dilations and padding for an input of shape in.
func (t *translator) window(n *node, kernel graph.Pair, in graph.Shape) (w window, err error) {
	w.kernel = kernel
	if w.stride, err = pair(n, "strides", 1); err != nil {
		return w, err
	}
	if w.dilation, err = pair(n, "dilations", 1); err != nil {
		return w, err
	}
	for a := range 2 {
		if min(w.stride[a], w.dilation[a], kernel[a]) < 1 || max(w.stride[a], w.dilation[a], kernel[a]) > 1<<12 {
			return w, fmt.Errorf("kernel %v, strides %v, dilations %v are not all within 1 and %d", kernel, w.stride, w.dilation, 1<<12)
		}
	}
	auto := n.text("auto_pad", "NOTSET")
	switch auto {
	case "NOTSET", "":
		pads := n.typed("pads", integers)
		if pads == nil {
			return w, nil
		}
		all := pads.ints
		if len(all) == 2 { // along one axis
			all = []int64{0, all[0], 0, all[1]}
		}
		if len(all) != 4 {
			return w, fmt.Errorf("pads has %d numbers, not 4", len(all))
		}
		for i, p := range all {
			if p < 0 || p > 1<<12 {
				return w, fmt.Errorf("pads %v are not within 0 and %d", pads.ints, 1<<12)
			}
			[]*graph.Pair{&w.before, &w.after}[i/2][i%2] = int(p)
		}
	case "SAME_UPPER", "SAME_LOWER":
		for a := range 2 {
			out := (in[a+1] + w.stride[a] - 1) / w.stride[a]
			all := max((out-1)*w.stride[a]+(kernel[a]-1)*w.dilation[a]+1-in[a+1], 0)
			w.before[a], w.after[a] = all/2, all-all/2
			if auto == "SAME_LOWER" {
				w.before[a], w.after[a] = w.after[a], w.before[a]
			}
		}
	case "VALID":
	default:
		return w, fmt.Errorf("auto_pad %.20q is unknown", auto)
	}
	return w, nil
}

// pool is MaxPool or AveragePool on [N,C,H,W] or [N,C,L].
func pool(t *translator, n *node, in []*value) ([]*value, error) {
	at, err := t.pictures(in[0])
	if err != nil {
		return nil, err
	}
	if n.attr("kernel_shape") == nil {
		return nil, errors.New("its kernel_shape is missing")
	}
	kernel, err := pair(n, "kernel_shape", 1)
	if err != nil {
		return nil, err
	}
	w, err := t.window(n, kernel, t.shape(at))
	if err != nil {
		return nil, err
	}
	p := pooling{w: w, mean: n.op == "AveragePool", ceil: n.int("ceil_mode", 0) != 0}
	if p.mean {
		if w.dilation != (graph.Pair{1, 1}) {
			return nil, fmt.Errorf("dilations %v: only those of convolutions and MaxPool are translated", w.dilation)
		}
		p.count = n.int("count_include_pad", 0) != 0 && (w.before != graph.Pair{} || w.after != graph.Pair{})
	}
	if at, err = t.pooled(p, at); err != nil {
		return nil, err
	}
	return []*value{t.likeInput(at, in[0])}, nil
}

// pictures is images, or line of a value with three axes.
func (t *translator) pictures(v *value) (int, error) {
	if len(v.axes) == 3 {
		return t.line(v)
	}
	return t.images(v)
}

// A pooling is one of ONNX.
type pooling struct {
	w                 window
	mean, ceil, count bool // count: padding counts in the mean
}

// op is the pooling with the same padding on both sides.
func (p pooling) op(pad, stride graph.Pair) graph.Op {
	if p.mean {
		return graph.AvgPool{Kernel: p.w.kernel, Stride: stride, Pad: pad, Ceil: p.ceil, PadCount: p.count}
	}
	return graph.MaxPool{Kernel: p.w.kernel, Stride: stride, Pad: pad, Dilation: p.w.dilation, Ceil: p.ceil}
}

// pooled makes the nodes of a pooling whose padding may differ on two sides. Padding of a pooling is no pixels at all
// (unless it counts in a mean), so pad nodes of zeros will not do: more padding behind is the same as rounding the
// size up; any other is a pooling of stride 1, of which some positions are taken.
func (t *translator) pooled(p pooling, at int) (int, error) {
	in, w := t.shape(at), p.w
	if w.before == w.after {
		return t.emit(spec{op: p.op(w.before, w.stride)}, at)
	}
	if p.count {
		p.count = false
		at, _, err := t.padded(at, w)
		if err != nil {
			return 0, err
		}
		return t.emit(spec{op: p.op(graph.Pair{}, w.stride)}, at)
	}
	if p.ceil {
		return 0, errors.New("padding that differs on two sides together with ceil_mode")
	}
	var want graph.Pair // the size of the output
	for a := range 2 {
		room := in[a+1] + w.before[a] + w.after[a] - (w.kernel[a]-1)*w.dilation[a] - 1
		if room < 0 {
			return 0, fmt.Errorf("its window does not fit into %d pixels", in[a+1])
		}
		want[a] = room/w.stride[a] + 1
	}
	up := p
	up.ceil = true
	if shape, err := graph.Infer(up.op(w.before, w.stride), in); err == nil && shape[1] == want[0] && shape[2] == want[1] {
		return t.emit(spec{op: up.op(w.before, w.stride)}, at)
	}
	most := graph.Pair{max(w.before[0], w.after[0]), max(w.before[1], w.after[1])}
	at, err := t.emit(spec{op: p.op(most, graph.Pair{1, 1}), name: "window"}, at)
	if err != nil {
		return 0, err
	}
	cut := graph.Slice{Start: []int{0, 0, 0}, Stop: []int{0, 0, 0}, Step: []int{1, w.stride[0], w.stride[1]}}
	for a := range 2 {
		cut.Start[a+1] = most[a] - w.before[a]
		cut.Stop[a+1] = cut.Start[a+1] + (want[a]-1)*w.stride[a] + 1
	}
	return t.emit(spec{op: cut}, at)
}

// globalPool is GlobalAveragePool or GlobalMaxPool.
func globalPool(t *translator, n *node, in []*value) ([]*value, error) {
	at, err := t.pictures(in[0])
	if err != nil {
		return nil, err
	}
	s := spec{op: graph.GAP{}}
	if n.op == "GlobalMaxPool" {
		shape, one := t.shape(at), graph.Pair{1, 1}
		s.op = graph.MaxPool{Kernel: graph.Pair{shape[1], shape[2]}, Stride: one, Dilation: one}
	}
	if at, err = t.emit(s, at); err != nil {
		return nil, err
	}
	return []*value{t.likeInput(at, in[0])}, nil
}
