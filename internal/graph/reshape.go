package graph

import (
	"errors"
	"fmt"
	"slices"
)

// Reshape is torch.reshape of the item to Shape, row-major; one number may be -1, for as many as there are.
type Reshape struct {
	Shape []int `json:"shape,omitempty" needs:"the sizes of the axes, without the batch"`
}

var _ = define(Reshape{})

func (Reshape) Name() string { return "reshape" }

func (o Reshape) check() error {
	if len(o.Shape) == 0 || len(o.Shape) > maxRank {
		return fmt.Errorf("shape needs 1 to %d numbers, not %d", maxRank, len(o.Shape))
	}
	unknown := 0
	for _, d := range o.Shape {
		if d == -1 {
			unknown++
		} else if err := within("shape", d, 1, maxSide); err != nil {
			return err
		}
	}
	if unknown > 1 {
		return errors.New("only one number of shape may be -1")
	}
	return nil
}

func (o Reshape) infer(ins []Value) (Value, error) {
	size, err := ins[0].Shape().size()
	if err != nil {
		return nil, err
	}
	shape, known, unknown := slices.Clone(Shape(o.Shape)), int64(1), -1
	for a, d := range shape {
		if d == -1 {
			unknown = a
		} else if known *= int64(d); known > size {
			return nil, fmt.Errorf("its %d elements are not those of shape %v", size, o.Shape)
		}
	}
	if unknown >= 0 && size%known == 0 {
		shape[unknown] = int(size / known)
		known = size
	}
	if known != size {
		return nil, fmt.Errorf("its %d elements are not those of shape %v", size, o.Shape)
	}
	return ins[0].reshaped(shape), nil
}

// A position keeps what it sees as long as the result knows where it is.
func (o Reshape) field(f field, ins []Value, out Value) field {
	if from, to := ins[0].Map(), out.Map(); from.Spatial && (to.Height != from.Height || to.Width != from.Width) {
		return field{whole: true}
	}
	return f
}

// reshaped is the value in another shape of as many elements: parts go to the axes that take them, split where an axis
// ends within one, and joined where they follow on each other.
func (v Value) reshaped(shape Shape) Value {
	var left []piece
	for _, a := range v {
		switch {
		case a.Prefix > 0 || len(a.Parts) == 0:
			left = append(left, piece{Part{Size: a.Size}, &a})
		default:
			for _, p := range a.Parts {
				left = append(left, piece{p, nil})
			}
		}
	}
	left = slices.DeleteFunc(left, func(p piece) bool { return p.Size == 1 })
	out := make(Value, len(shape))
	for i, n := range shape {
		var taken []piece
		if taken, left = take(left, n); taken == nil && n > 1 {
			left = nil // parts and axes fit no longer
		}
		out[i] = join(taken, n)
	}
	// Where channels and positions have become one axis, its indexes are channels if there are no others, else positions.
	pure := slices.ContainsFunc(out, func(a Axis) bool { return a.is(Channels) && a.Size > 1 })
	for i, a := range out {
		if a.Prefix > 0 || !a.positional() || !slices.ContainsFunc(a.Parts, func(p Part) bool { return p.Of == Channels }) {
			continue
		}
		of := Channels
		if pure {
			of = a.Parts[slices.IndexFunc(a.Parts, func(p Part) bool { return p.Of != Channels })].Of
		}
		out[i] = whole(of, a.Size)
	}
	return out
}

// A piece is a part on its way to another axis, or an axis that cannot be split.
type piece struct {
	Part
	axis *Axis
}

// take takes pieces of n elements from the front, of which the last may be split; none if they do not fit.
func take(from []piece, n int) (taken, left []piece) {
	left = slices.Clone(from)
	for n > 1 {
		if len(left) == 0 {
			return nil, nil
		}
		p := left[0]
		switch {
		case n%p.Size == 0:
			taken, left = append(taken, p), left[1:]
			n /= p.Size
		case p.Size%n == 0 && (p.axis == nil || p.axis.Prefix == 0):
			outer, inner := p, p
			outer.Size, outer.Stride = n, p.Stride*(p.Size/n)
			inner.Size = p.Size / n
			left[0] = inner
			return append(taken, outer), left
		default:
			return nil, nil
		}
	}
	return taken, left
}

// join makes an axis of n elements of pieces.
func join(pieces []piece, n int) Axis {
	if len(pieces) == 1 && pieces[0].axis != nil && pieces[0].Size == pieces[0].axis.Size {
		return *pieces[0].axis
	}
	a := Axis{Size: n}
	for _, p := range pieces {
		if p.axis != nil {
			return Axis{Size: n}
		}
		if last := len(a.Parts) - 1; last >= 0 && a.Parts[last].Of == p.Of && a.Parts[last].Stride == p.Size*p.Stride {
			a.Parts[last] = Part{p.Of, a.Parts[last].Size * p.Size, p.Stride}
			continue
		}
		a.Parts = append(a.Parts, p.Part)
	}
	return a
}
