package graph

import (
	"slices"
)

// A Value is what a node gives for one item, without the batch: its axes in order. [C,H,W] and [C] are two cases; tokens
// are another, [T,C] with T = prefix + H W.
type Value []Axis

// An Axis has a size and is made of parts, outermost first, that say what its indexes mean. Reshaping splits and joins
// parts, so that what was taken apart into heads or windows is known again when it is put together. An axis without
// parts, of any size, means nothing that is known.
type Axis struct {
	Size   int
	Prefix int // leading tokens that are no positions: a class token, registers. Size is Prefix plus the product of the parts
	Parts  []Part
}

// A Part is some digits of the number of a channel, row or column: index i of the part stands for i Stride of them.
type Part struct {
	Of     Role
	Size   int
	Stride int
}

// A Role is what the indexes of a part count.
type Role uint8

const (
	Channels Role = iota
	Rows
	Columns
)

// Images is the value of images or of features of a shape: [C,H,W] or [C]. It is where meaning begins.
func Images(s Shape) Value {
	switch len(s) {
	case 1:
		return Value{channels(s[0])}
	case 3:
		return feature(s[0], s[1], s[2])
	}
	return nil
}

// feature is a map [C,H,W] of its own: every op that makes new channels or positions begins anew.
func feature(c, h, w int) Value { return Value{channels(c), rows(h), columns(w)} }

func channels(n int) Axis { return whole(Channels, n) }
func rows(n int) Axis     { return whole(Rows, n) }
func columns(n int) Axis  { return whole(Columns, n) }

func whole(of Role, n int) Axis { return Axis{Size: n, Parts: []Part{{of, n, 1}}} }

// Shape is the sizes of the axes.
func (v Value) Shape() Shape {
	s := make(Shape, len(v))
	for i, a := range v {
		s[i] = a.Size
	}
	return s
}

// is says whether all indexes of the axis count the same: its channels, rows or columns.
func (a Axis) is(of Role) bool {
	return len(a.Parts) > 0 && a.Prefix == 0 && !slices.ContainsFunc(a.Parts, func(p Part) bool { return p.Of != of })
}

// positional says whether indexes of the axis are positions, or positions and prefix tokens.
func (a Axis) positional() bool {
	return slices.ContainsFunc(a.Parts, func(p Part) bool { return p.Of != Channels })
}

// resized is the axis with another number of indexes, of the same meaning if it is simple enough: some of the channels, a
// larger map.
func (a Axis) resized(n int) Axis {
	switch {
	case n == a.Size:
		return a
	case len(a.Parts) == 1 && a.Prefix == 0:
		p := a.Parts[0]
		p.Size = n
		return Axis{Size: n, Parts: []Part{p}}
	case a.is(Channels):
		return channels(n)
	}
	return Axis{Size: n}
}

// A Map says where a value's channels and positions are.
type Map struct {
	Channels      int
	Height, Width int  // of the grid of positions; 1 and 1 if there are none
	Spatial       bool // it has positions, if only one
}

// Map returns the channels of the value and the grid of its positions, prefix tokens left out. What counts neither rows
// nor columns counts as channels.
func (v Value) Map() Map {
	m := Map{1, 1, 1, false}
	for _, d := range v.digits() {
		switch d.of {
		case Rows:
			m.Height *= d.size
		case Columns:
			m.Width *= d.size
		default:
			m.Channels *= d.size
		}
		m.Spatial = m.Spatial || d.of != Channels
	}
	return m
}

// Prefix is what the prefix tokens alone give, as a row of positions, and the axis whose first indexes they are; nil where
// there are none, or where other axes count positions, too.
func (v Value) Prefix() (tokens Value, axis int) {
	axis = slices.IndexFunc(v, func(a Axis) bool { return a.Prefix > 0 })
	if axis < 0 {
		return nil, 0
	}
	tokens = slices.Clone(v)
	tokens[axis] = columns(v[axis].Prefix)
	if slices.ContainsFunc(tokens[:axis], Axis.positional) || slices.ContainsFunc(tokens[axis+1:], Axis.positional) {
		return nil, 0
	}
	return tokens, axis
}

// A Layout says how a tensor [N, axes...] of a value becomes one of [N, C, H, W]: cut off the first Prefix indexes of each
// axis, reshape to [N, Split...], permute (0, Order+1...), and reshape to [N, C, H, W].
type Layout struct {
	Prefix []int // for each axis
	Split  []int
	Order  []int
	Map
}

// Layout returns how to bring the value into the order of maps.
func (v Value) Layout() Layout {
	l := Layout{Map: v.Map(), Prefix: make([]int, len(v))}
	all := v.digits()
	for _, d := range all {
		l.Split = append(l.Split, d.size)
		if d.known {
			l.Prefix[d.axis] = v[d.axis].Prefix
		}
	}
	l.Order = make([]int, len(all))
	for i := range l.Order {
		l.Order[i] = i
	}
	slices.SortStableFunc(l.Order, func(i, j int) int {
		a, b := all[i], all[j]
		if a.of != b.of {
			return int(a.of) - int(b.of)
		}
		if a.known != b.known { // what means nothing that is known counts within a channel
			return map[bool]int{true: -1, false: 1}[a.known]
		}
		return b.stride - a.stride
	})
	return l
}

// Plain says that the tensor is a map already, [N,C,H,W], or one without positions, [N,C].
func (l Layout) Plain() bool {
	return slices.IsSorted(l.Order) && slices.Max(append([]int{0}, l.Prefix...)) == 0
}

// digit is a part of the value's axes, or an axis without parts.
type digit struct {
	axis   int
	of     Role
	size   int
	stride int
	known  bool
}

// digits lists the parts of all axes in order. Parts that count what others before them count already, as the keys of an
// attention map count the positions of its queries again, are not known.
func (v Value) digits() []digit {
	var all []digit
	var taken [3][]Part
	for i, a := range v {
		known := len(a.Parts) > 0
		for _, p := range a.Parts {
			for _, q := range taken[p.Of] {
				known = known && (p.Size == 1 || q.Size == 1 || p.Stride >= q.Stride*q.Size || q.Stride >= p.Stride*p.Size)
			}
		}
		if !known {
			all = append(all, digit{axis: i, size: a.Size})
			continue
		}
		for _, p := range a.Parts {
			taken[p.Of] = append(taken[p.Of], p)
			all = append(all, digit{i, p.Of, p.Size, p.Stride, true})
		}
	}
	return all
}
