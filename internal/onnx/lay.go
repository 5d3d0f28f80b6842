package onnx

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"herbarium/format"
	"herbarium/internal/graph"
)

// An operator that cannot work on a value as its node has it gets a node that has the axes as it wants them: what transposes
// and reshapes have left to be followed is done there, by at most a reshape, a transpose and a reshape.

// A frame says how the axes of some values that an operator combines have been set apart, so that the batch is no part of
// any other: windows of an image, or heads, that a reshape has joined with it have axes of their own.
type frame struct {
	parts []int // for each ONNX axis, how many it has become
	batch int   // the axis that is the batch, counted after that; none if there is none
}

// at is where an ONNX axis that the batch has no part in is now.
func (f frame) at(axis int) int {
	to := 0
	for _, n := range f.parts[:axis] {
		to += n
	}
	return to
}

// rest are all axes but the batch.
func (f frame) rest() []int {
	var out []int
	rank := f.at(len(f.parts))
	for a := range rank {
		if a != f.batch {
			out = append(out, a)
		}
	}
	return out
}

// joined puts the axes of a result together again.
func (f frame) joined(v *value) *value {
	out := &value{at: v.at}
	from := 0
	for _, n := range f.parts {
		out.axes = append(out.axes, slices.Concat(v.axes[from:from+n]...))
		from += n
	}
	return out
}

// apart returns values with equally many axes, 1s in front, and the batch on an axis by itself.
func (t *translator) apart(in ...*value) ([]*value, frame, error) {
	rank := 0
	for _, v := range in {
		rank = max(rank, len(v.dims()))
	}
	f := frame{batch: none}
	out := make([]*value, len(in))
	for i, v := range in {
		out[i] = v.padded(rank)
	}
	for a := 0; a < rank; a++ { // axes of the values as they come; f.at(a) is where they are now
		parts := []int{1}
		for _, v := range out {
			if v.c == nil {
				if p := around(v.axes[f.at(a)]); p != nil {
					parts = p
				}
			}
		}
		at := f.at(a)
		for i, v := range out {
			p, err := v.cutInto(at, parts)
			if err != nil {
				return nil, f, err
			}
			out[i] = p
		}
		for k, n := range parts {
			if n == batch {
				f.batch = at + k
			}
		}
		f.parts = append(f.parts, len(parts))
	}
	if f.batch == none && rank > 1 && !slices.ContainsFunc(out, func(v *value) bool { return v.dims()[0] != 1 }) {
		f.batch = 0
	}
	return out, f, nil
}

// padded is the value with axes of size 1 in front.
func (v *value) padded(rank int) *value {
	lead := rank - len(v.dims())
	if v.c != nil {
		c := *v.c
		c.Shape = slices.Concat(slices.Repeat([]int{1}, lead), c.Shape)
		return &value{c: &c}
	}
	return &value{at: v.at, axes: slices.Concat(make([][]atom, lead), v.axes), src: v.src}
}

// around are the sizes before and behind the batch, which stands for itself, in an axis that it is a part of.
func around(group []atom) []int {
	at := slices.IndexFunc(group, func(a atom) bool { return a.axis == batch })
	if at < 0 {
		return nil
	}
	before, after := 1, 1
	for i, a := range group {
		switch {
		case i < at:
			before *= a.size
		case a.axis != batch:
			after *= a.size
		}
	}
	parts := []int{batch}
	if before > 1 {
		parts = []int{before, batch}
	}
	if after > 1 {
		parts = append(parts, after)
	}
	return parts
}

// cutInto is the value with an axis cut into parts, of which one may be the batch.
func (v *value) cutInto(a int, parts []int) (*value, error) {
	if len(parts) == 1 {
		return v, nil
	}
	ones := slices.Repeat([]int{1}, len(parts))
	switch dims := v.dims(); {
	case v.c != nil && dims[a] == 1:
		c := *v.c
		c.Shape = slices.Concat(dims[:a], ones, dims[a+1:])
		return &value{c: &c}, nil
	case v.c == nil && dims[a] == 1:
		return &value{at: v.at, axes: slices.Concat(v.axes[:a], make([][]atom, len(parts)), v.axes[a+1:])}, nil
	case v.c == nil:
		sizes := slices.Clone(parts)
		for i, n := range sizes {
			if n == batch {
				at := slices.IndexFunc(v.axes[a], func(a atom) bool { return a.axis == batch })
				if at < 0 {
					break
				}
				sizes[i] = v.axes[a][at].size
			}
		}
		if groups, err := regroup(v.axes[a:a+1], sizes); err == nil {
			return &value{at: v.at, axes: slices.Concat(v.axes[:a], groups, v.axes[a+1:])}, nil
		}
	}
	return nil, fmt.Errorf("the batch is a part of an axis in one of its inputs and not in another of shape %v", v.dims())
}

// lay returns the node that has, for each of its axes, the ONNX axis of v that order names; none is an axis of size 1. What
// order does not name is the batch, or of size 1. A constant becomes a parameter.
func (t *translator) lay(v *value, order []int) (int, error) {
	if v.c != nil {
		return t.fixed(v.c, order)
	}
	dims := v.dims()
	var wanted graph.Shape
	var atoms []atom
	for _, a := range order {
		if a == none {
			wanted = append(wanted, 1)
			continue
		}
		wanted = append(wanted, dims[a])
		atoms = append(atoms, joined(v.axes[a])...)
	}
	for a, g := range v.axes {
		if !slices.Contains(order, a) && len(g) > 0 && (len(g) > 1 || g[0].axis != batch) {
			return 0, fmt.Errorf("axis %d of its input of shape %v is lost", a, dims)
		}
	}
	if len(wanted) == 0 {
		wanted = graph.Shape{1}
	}
	// The parts of the node's axes in the node's order, and where each of atoms is among them.
	var split graph.Shape
	place := map[atom]int{}
	for axis, size := range t.shape(v.at) {
		var own []atom
		for _, a := range atoms {
			if a.axis == batch {
				return 0, fmt.Errorf("its input of shape %v has the batch within an axis", dims)
			}
			if a.axis == axis {
				own = append(own, a)
			}
		}
		slices.SortFunc(own, func(a, b atom) int { return b.stride - a.stride })
		inner := size
		for _, a := range own {
			if a.stride*a.size != inner {
				return 0, fmt.Errorf("its input of shape %v is a part of a larger tensor", dims)
			}
			inner = a.stride
			place[a] = len(split)
			split = append(split, a.size)
		}
		if inner != 1 {
			return 0, fmt.Errorf("its input of shape %v is a part of a larger tensor", dims)
		}
	}
	turn := make([]int, len(atoms))
	turned := make(graph.Shape, len(atoms))
	for i, a := range atoms {
		turn[i] = place[a]
		turned[i] = a.size
	}
	at, err := v.at, error(nil)
	if !slices.IsSorted(turn) {
		if at, err = t.reshapeTo(at, split); err != nil {
			return 0, err
		}
		if at, err = t.emit(spec{op: graph.Transpose{Order: turn}}, at); err != nil {
			return 0, err
		}
	}
	return t.reshapeTo(at, wanted)
}

// reshapeTo is a reshape of a node, if it has another shape.
func (t *translator) reshapeTo(at int, shape graph.Shape) (int, error) {
	if slices.Equal(t.shape(at), shape) {
		return at, nil
	}
	if at != input {
		if _, again := t.made[at].op.(graph.Reshape); again && slices.Equal(t.shape(t.made[at].in[0]), shape) {
			return t.made[at].in[0], nil
		} else if again {
			at = t.made[at].in[0]
		}
	}
	return t.emit(spec{op: graph.Reshape{Shape: shape}}, at)
}

// fixed is a constant as a node, laid as lay does. A mask may hold what no net of the stream does, minus infinity: that
// becomes the lowest number.
func (t *translator) fixed(c *constant, order []int) (int, error) {
	shape, stride := graph.Shape{}, []int{}
	own := steps(c.Shape)
	for _, a := range order {
		if a == none {
			shape, stride = append(shape, 1), append(stride, 0)
			continue
		}
		shape, stride = append(shape, c.Shape[a]), append(stride, own[a])
	}
	for a, d := range c.Shape {
		if !slices.Contains(order, a) && d != 1 && !(d == t.batch && same0(c, a)) {
			return 0, fmt.Errorf("its constant of shape %v has a number for each image", c.Shape)
		}
	}
	if len(shape) == 0 {
		shape, stride = graph.Shape{1}, []int{0}
	}
	if c.Len() == 0 {
		return 0, errors.New("its constant is empty")
	}
	key := fmt.Sprintf("fixed %p %d %s %v %v", &c.Data[0], len(c.Data), c.DType, shape, stride)
	if at, ok := t.twins[key]; ok {
		return at, nil
	}
	s := spec{op: graph.Parameter{Shape: shape, Buffer: counter.MatchString(c.Name) || c.Name == ""}}
	p, err := t.strided(c, shape, stride, 0)
	if err != nil {
		return 0, err
	}
	if p, err = t.finite(p); err != nil {
		return 0, err
	}
	s.params = map[string]*constant{"": p}
	at, err := t.emit(s)
	if err == nil {
		t.twins[key] = at
	}
	return at, err
}

// same0 says whether a constant is the same for each index of an axis.
func same0(c *constant, a int) bool {
	block := c.DType.Size()
	for _, d := range c.Shape[a+1:] {
		block *= d
	}
	all := block * c.Shape[a]
	for at := 0; at+all <= len(c.Data) && all > 0; at += all {
		for i := block; i < all; i += block {
			if string(c.Data[at:at+block]) != string(c.Data[at+i:at+i+block]) {
				return false
			}
		}
	}
	return true
}

// finite is the constant as floats that are finite.
func (t *translator) finite(c *constant) (*constant, error) {
	v, err := floats(c)
	if err != nil {
		return nil, err
	}
	infinite := func(x float32) bool { return math.IsInf(float64(x), 0) }
	if !slices.ContainsFunc(v, infinite) && c.DType == format.F32 {
		return c, nil
	}
	return t.derived(c, c.Shape, func(from, to []float32) {
		for i, x := range from {
			to[i] = float32(min(max(float64(x), -math.MaxFloat32), math.MaxFloat32))
		}
	})
}

// laid is the value of a node whose axes are those of ONNX, but for the batch.
func (t *translator) laid(at int, f frame) *value {
	v := &value{at: at}
	axis := 0
	for a := range f.at(len(f.parts)) {
		if a == f.batch {
			v.axes = append(v.axes, t.whole(at, batch))
			continue
		}
		v.axes = append(v.axes, t.whole(at, axis))
		axis++
	}
	return v
}

// straight is the value as a node with its axes in ONNX's order.
func (t *translator) straight(v *value) (*value, frame, error) {
	out, f, err := t.apart(v)
	if err != nil {
		return nil, f, err
	}
	at, err := t.lay(out[0], f.rest())
	if err != nil {
		return nil, f, err
	}
	return t.laid(at, f), f, nil
}

// settled is plain, or straight where that cannot be.
func (t *translator) settled(v *value) (*value, error) {
	if p, err := t.plain(v); err == nil {
		return p, nil
	}
	p, f, err := t.straight(v)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(f.parts, func(n int) bool { return n > 1 }) {
		return nil, fmt.Errorf("its input of shape %v has the batch within an axis", v.dims())
	}
	return p, nil
}

// asNode is a constant as a node with all its axes, for an operator that is not evaluated on constants.
func (t *translator) asNode(v *value) (*value, error) {
	order := make([]int, len(v.c.Shape))
	for a := range order {
		order[a] = a
	}
	at, err := t.fixed(v.c, order)
	if err != nil {
		return nil, err
	}
	return t.arranged(at, order), nil
}

// single returns the node's axis that ONNX axis a is all of; none if it is not one.
func (t *translator) single(v *value, a int) int {
	if g := joined(v.axes[a]); len(g) == 1 && g[0].axis != batch && g[0].size == t.side(v.at, g[0].axis) {
		return g[0].axis
	}
	return none
}

// own is the order of ONNX axes that v's node has already, if every axis but the batch is one of the node's.
func (t *translator) own(v *value, f frame) ([]int, bool) {
	if v.c != nil {
		return nil, false
	}
	order := slices.Repeat([]int{none}, len(t.shape(v.at)))
	for a, g := range v.axes {
		if len(g) == 0 || a == f.batch {
			continue
		}
		to := t.single(v, a)
		if to == none || order[to] != none {
			return nil, false
		}
		order[to] = a
	}
	for axis, n := range t.shape(v.at) {
		if n > 1 && order[axis] == none {
			return nil, false
		}
	}
	return order, true
}

// broadcasted adds or multiplies two values of any shapes that fit each other, in the order of axes that one of them has.
func (t *translator) broadcasted(op graph.Op, a, b *value) (*value, error) {
	in, f, err := t.apart(a, b)
	if err != nil {
		return nil, err
	}
	dims, err := broadcast(in[0].dims(), in[1].dims())
	if err != nil {
		return nil, err
	}
	for i, x := range in {
		order, ok := t.own(x, f)
		if !ok || !slices.Equal(x.dims(), dims) {
			continue
		}
		y, err := t.lay(in[1-i], order)
		if err != nil {
			return nil, err
		}
		at := [2]int{x.at, y}
		if i == 1 {
			at = [2]int{y, x.at}
		}
		out, err := t.emit(spec{op: op}, at[:]...)
		if err != nil {
			return nil, err
		}
		return f.joined(&value{at: out, axes: x.axes}), nil
	}
	var at [2]int
	for i, x := range in {
		if at[i], err = t.lay(x, f.rest()); err != nil {
			return nil, err
		}
	}
	out, err := t.emit(spec{op: op}, at[:]...)
	if err != nil {
		return nil, err
	}
	return f.joined(t.laid(out, f)), nil
}
