package onnx

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// evaluated is what an operator that moves, sums or multiplies elements makes of constants; errNotEvaluated if it is none of
// those.
func (t *translator) evaluated(n *node, in []*constant) (*constant, error) {
	switch n.op {
	case "Clip":
		return t.clipped(n, in)
	case "Tile":
		by, err := list(n, "repeats", constants(in), 1)
		if err != nil || len(by) != len(in[0].Shape) || slices.ContainsFunc(by, func(k int) bool { return k < 0 }) {
			return nil, or(err, "its repeats do not fit its axes")
		}
		return t.tiled(in[0], by)
	case "Trilu":
		return t.trilu(n, in)
	case "CumSum":
		return t.summedUp(n, in)
	case "MatMul":
		if len(in) == 2 && in[1] != nil {
			return t.multipliedOut(in[0], in[1])
		}
	case "BatchNormalization":
		return t.standardized(n, in)
	case "GatherElements", "GatherND", "ScatterElements", "ScatterND":
		return t.picked(n, in)
	case "ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL2", "ReduceSumSquare":
		return t.reducedTo(n, in)
	}
	return nil, errNotEvaluated
}

// numbered makes a constant of the type of like.
func numbered(like *constant, shape []int, v []float64) (*constant, error) {
	return result(&node{}, like.Name, shape, v, !isFloat(like))
}

func (t *translator) clipped(n *node, in []*constant) (*constant, error) {
	lo, hi, ok := limits(t, n, constants(in))
	if !ok {
		return nil, errors.New("its limits are not two numbers")
	}
	if err := t.spend(16 * in[0].Len()); err != nil {
		return nil, err
	}
	v, err := numbers(in[0])
	if err != nil {
		return nil, err
	}
	for i, x := range v {
		v[i] = min(max(x, lo), hi)
	}
	return numbered(in[0], in[0].Shape, v)
}

func (t *translator) tiled(x *constant, by []int) (*constant, error) {
	for a, k := range by {
		shape := slices.Insert(slices.Clone(x.Shape), a, k)
		stride := slices.Insert(steps(x.Shape), a, 0)
		out, err := t.strided(x, shape, stride, 0)
		if err != nil {
			return nil, err
		}
		out.Shape = slices.Concat(shape[:a], []int{shape[a] * shape[a+1]}, shape[a+2:])
		x = out
	}
	return x, nil
}

func (t *translator) trilu(n *node, in []*constant) (*constant, error) {
	k, err := list(n, "k", constants(in), 1)
	rank := len(in[0].Shape)
	if err != nil || rank < 2 {
		return nil, or(err, "its input has no two axes")
	}
	if len(k) == 0 {
		k = []int{0}
	}
	rows, columns := in[0].Shape[rank-2], in[0].Shape[rank-1]
	if err := t.spend(16*in[0].Len() + 4*rows*columns); err != nil {
		return nil, err
	}
	v, err := numbers(in[0])
	if err != nil {
		return nil, err
	}
	keep := triangular(rows, columns, k[0], n.int("upper", 1) != 0)
	for i := range v {
		if keep[i%len(keep)] == 0 {
			v[i] = 0
		}
	}
	return numbered(in[0], in[0].Shape, v)
}

func (t *translator) summedUp(n *node, in []*constant) (*constant, error) {
	at, err := list(n, "axis", constants(in), 1)
	if err != nil || len(at) != 1 {
		return nil, or(err, "its axis is no number")
	}
	a, err := axis(at[0], len(in[0].Shape))
	if err != nil {
		return nil, err
	}
	if n.int("exclusive", 0) != 0 || n.int("reverse", 0) != 0 {
		return nil, errNotEvaluated
	}
	if err := t.spend(16 * in[0].Len()); err != nil {
		return nil, err
	}
	v, err := numbers(in[0])
	if err != nil {
		return nil, err
	}
	step, d := steps(in[0].Shape)[a], in[0].Shape[a]
	for i := range v {
		if i/step%d > 0 {
			v[i] += v[i-step]
		}
	}
	return numbered(in[0], in[0].Shape, v)
}

// multipliedOut is the product of two constants of two axes or more.
func (t *translator) multipliedOut(a, b *constant) (*constant, error) {
	ra, rb := len(a.Shape), len(b.Shape)
	if ra < 2 || rb < 2 {
		return nil, errNotEvaluated
	}
	n, k, m := a.Shape[ra-2], a.Shape[ra-1], b.Shape[rb-1]
	if b.Shape[rb-2] != k {
		return nil, fmt.Errorf("it multiplies shapes %v and %v", a.Shape, b.Shape)
	}
	front, err := broadcast(a.Shape[:ra-2], b.Shape[:rb-2])
	if err != nil {
		return nil, err
	}
	shape := append(slices.Clone(front), n, m)
	size, err := count(shape)
	if err != nil {
		return nil, err
	}
	work, err := count(append(slices.Clone(shape), k))
	if err != nil {
		return nil, err
	}
	if err := t.spend(12*size + work/64); err != nil { // a file may not make us compute for long either
		return nil, err
	}
	if a, err = t.expanded(a, append(slices.Clone(front), n, k)); err != nil {
		return nil, err
	}
	if b, err = t.expanded(b, append(slices.Clone(front), k, m)); err != nil {
		return nil, err
	}
	x, err := numbers(a)
	if err != nil {
		return nil, err
	}
	y, err := numbers(b)
	if err != nil {
		return nil, err
	}
	out := make([]float64, size)
	for i := range out {
		f, r, c := i/(n*m), i/m%n, i%m
		for j := range k {
			out[i] += x[f*n*k+r*k+j] * y[f*k*m+j*m+c]
		}
	}
	return numbered(a, shape, out)
}

// standardized is BatchNormalization of a weight, by its own statistics in training mode: weight standardization.
func (t *translator) standardized(n *node, in []*constant) (*constant, error) {
	given := n.int("training_mode", 0) == 0 && len(n.out) < 2
	if given && (len(in) < 5 || in[3] == nil || in[4] == nil) || len(in) < 3 || in[1] == nil || in[2] == nil || len(in[0].Shape) < 2 {
		return nil, errNotEvaluated
	}
	x, c := in[0], in[0].Shape[1]
	if err := t.spend(24 * x.Len()); err != nil {
		return nil, err
	}
	v, err := numbers(x)
	if err != nil {
		return nil, err
	}
	weight, err := numbers(in[1])
	if err != nil {
		return nil, err
	}
	bias, err := numbers(in[2])
	if err != nil || len(weight) != c || len(bias) != c || len(v) == 0 {
		return nil, or(err, "its weight and bias do not fit its channels")
	}
	inner, each := steps(x.Shape)[1], float64(len(v)/c)
	mean, variance := make([]float64, c), make([]float64, c)
	for i, y := range v {
		mean[i/inner%c] += y / each
	}
	for i, y := range v {
		d := y - mean[i/inner%c]
		variance[i/inner%c] += d * d / each
	}
	if given {
		if mean, err = numbers(in[3]); err != nil {
			return nil, err
		}
		if variance, err = numbers(in[4]); err != nil || len(mean) != c || len(variance) != c {
			return nil, or(err, "its mean and variance do not fit its channels")
		}
	}
	eps := n.float("epsilon", 1e-5)
	for i, y := range v {
		k := i / inner % c
		v[i] = (y-mean[k])/math.Sqrt(variance[k]+eps)*weight[k] + bias[k]
	}
	return numbered(x, x.Shape, v)
}

// picked takes elements at indices, or puts updates there.
func (t *translator) picked(n *node, in []*constant) (*constant, error) {
	scatter := n.op == "ScatterElements" || n.op == "ScatterND"
	if len(in) < 2 || in[1] == nil || scatter && (len(in) < 3 || in[2] == nil) {
		return nil, errors.New("an input is missing")
	}
	if mode := n.text("reduction", "none"); mode != "none" || n.int("batch_dims", 0) != 0 {
		return nil, errNotEvaluated
	}
	index, err := ints(in[1])
	if err != nil {
		return nil, err
	}
	x, shape := in[0], in[1].Shape
	stride := steps(x.Shape)
	var offsets []int // of each block that is read or written
	block := 1
	switch n.op {
	case "GatherElements", "ScatterElements":
		a, err := axis(clamp(n.int("axis", 0)), len(x.Shape))
		if err != nil || len(shape) != len(x.Shape) {
			return nil, or(err, "its indices have another number of axes")
		}
		if err := t.spend(8 * len(index)); err != nil {
			return nil, err
		}
		own := steps(shape)
		for i, k := range index {
			at := 0
			for b := range shape {
				j := i / own[b] % shape[b]
				if b == a {
					if j = int(min(max(k, -maxSize), maxSize)); j < 0 {
						j += x.Shape[a]
					}
				}
				if j < 0 || j >= x.Shape[b] {
					return nil, fmt.Errorf("index %d is beyond an axis of %d", j, x.Shape[b])
				}
				at += j * stride[b]
			}
			offsets = append(offsets, at)
		}
	default:
		if len(shape) == 0 || shape[len(shape)-1] < 1 || shape[len(shape)-1] > len(x.Shape) {
			return nil, fmt.Errorf("its indices have shape %v for an input of %v", shape, x.Shape)
		}
		depth := shape[len(shape)-1]
		if block, err = count(x.Shape[depth:]); err != nil {
			return nil, err
		}
		if err := t.spend(8 * len(index)); err != nil {
			return nil, err
		}
		for i := 0; i < len(index); i += depth {
			at := 0
			for b, k := range index[i : i+depth] {
				if k < 0 {
					k += int64(x.Shape[b])
				}
				if k < 0 || k >= int64(x.Shape[b]) {
					return nil, fmt.Errorf("index %d is beyond an axis of %d", k, x.Shape[b])
				}
				at += int(k) * stride[b]
			}
			offsets = append(offsets, at)
		}
		shape = slices.Concat(shape[:len(shape)-1], x.Shape[depth:])
	}
	if len(shape) > maxRank {
		return nil, errors.New("its result has too many axes")
	}
	size := x.DType.Size()
	if err := t.spend(len(x.Data) + len(offsets)*block*size); err != nil {
		return nil, err
	}
	if scatter {
		u := in[2]
		if u.DType != x.DType || len(u.Data) != len(offsets)*block*size {
			return nil, fmt.Errorf("its updates have shape %v for indices of %v", u.Shape, in[1].Shape)
		}
		data := slices.Clone(x.Data)
		for i, at := range offsets {
			copy(data[at*size:], u.Data[i*block*size:(i+1)*block*size])
		}
		return &constant{Name: x.Name, DType: x.DType, Shape: x.Shape, Data: data}, nil
	}
	out := &constant{Name: x.Name, DType: x.DType, Shape: shape}
	for _, at := range offsets {
		out.Data = append(out.Data, x.Data[at*size:(at+block)*size]...)
	}
	return out, nil
}

// reducedTo is a reduction of some axes.
func (t *translator) reducedTo(n *node, in []*constant) (*constant, error) {
	x := in[0]
	axes, err := axesOf(n, constants(in), 1, len(x.Shape))
	if err != nil {
		return nil, err
	}
	if axes == nil {
		if n.int("noop_with_empty_axes", 0) != 0 {
			return nil, errNotEvaluated
		}
		for a := range x.Shape {
			axes = append(axes, a)
		}
	}
	if err := t.spend(24 * x.Len()); err != nil {
		return nil, err
	}
	v, err := numbers(x)
	if err != nil {
		return nil, err
	}
	kept, shape := slices.Clone(x.Shape), []int{}
	over := 1
	for a, d := range x.Shape {
		if slices.Contains(axes, a) {
			kept[a] = 1
			over *= d
			if n.int("keepdims", 1) != 0 {
				shape = append(shape, 1)
			}
		} else {
			shape = append(shape, d)
		}
	}
	size, err := count(kept)
	if err != nil || over == 0 {
		return nil, or(err, "it reduces nothing")
	}
	from := map[string]float64{"ReduceMax": math.Inf(-1), "ReduceMin": math.Inf(1), "ReduceProd": 1}[n.op]
	out := slices.Repeat([]float64{from}, size)
	own, to := steps(x.Shape), steps(kept)
	for i, y := range v {
		at := 0
		for a, d := range x.Shape {
			if kept[a] != 1 {
				at += i / own[a] % d * to[a]
			}
		}
		switch n.op {
		case "ReduceMax":
			out[at] = max(out[at], y)
		case "ReduceMin":
			out[at] = min(out[at], y)
		case "ReduceProd":
			out[at] *= y
		case "ReduceL2", "ReduceSumSquare":
			out[at] += y * y
		default:
			out[at] += y
		}
	}
	for i := range out {
		switch n.op {
		case "ReduceMean":
			out[i] /= float64(over)
		case "ReduceL2":
			out[i] = math.Sqrt(out[i])
		}
	}
	return numbered(x, shape, out)
}

// parted is Split of a constant.
func (t *translator) parted(n *node, in []*constant) ([]*constant, error) {
	x := in[0]
	a, err := axis(clamp(n.int("axis", 0)), len(x.Shape))
	if err != nil {
		return nil, err
	}
	parts, err := partsOf(n, constants(in), x.Shape[a])
	if err != nil {
		return nil, err
	}
	var out []*constant
	from := 0
	for _, size := range parts {
		shape := slices.Clone(x.Shape)
		shape[a] = size
		part, err := t.strided(x, shape, steps(x.Shape), from*steps(x.Shape)[a])
		if err != nil {
			return nil, err
		}
		out = append(out, part)
		from += size
	}
	return out, nil
}
