package onnx

import (
	"errors"
	"fmt"
	"slices"
)

// list returns integers that are an input of a node, or in older operators an attribute; nil if they are neither.
func list(n *node, name string, in []*value, i int) ([]int, error) {
	var values []int64
	if i >= 0 && i < len(in) && in[i] != nil {
		if in[i].c == nil {
			return nil, fmt.Errorf("its %s are computed from the image: adopt needs them as constants", name)
		}
		var err error
		if values, err = ints(in[i].c); err != nil {
			return nil, err
		}
	} else if a := n.typed(name, integers); a != nil {
		values = a.ints
	}
	out := make([]int, len(values))
	for k, v := range values {
		out[k] = int(min(max(v, -maxSize), maxSize)) // "to the end" is often written as the largest integer
	}
	if values == nil {
		return nil, nil
	}
	return out, nil
}

// or is err, or says text where there is none.
func or(err error, text string) error {
	if err != nil {
		return err
	}
	return errors.New(text)
}

// maxSize is beyond every axis.
const maxSize = 1 << 40

// axis brings an axis into 0 to rank - 1.
func axis(a, rank int) (int, error) {
	if a < -rank || a >= rank {
		return 0, fmt.Errorf("axis %d is none of its input's %d axes", a, rank)
	}
	if a < 0 {
		a += rank
	}
	return a, nil
}

// axesOf is list for axes, each of which appears once.
func axesOf(n *node, in []*value, i, rank int) ([]int, error) {
	axes, err := list(n, "axes", in, i)
	for k := range axes {
		if err == nil {
			axes[k], err = axis(axes[k], rank)
		}
	}
	if err != nil {
		return nil, err
	}
	slices.Sort(axes)
	if len(slices.Compact(slices.Clone(axes))) != len(axes) {
		return nil, errors.New("an axis appears twice")
	}
	return axes, nil
}

// pair returns an attribute of two numbers, for height and width; of one, along the only axis, with the missing one for height.
func pair(n *node, name string, missing int) ([2]int, error) {
	a := n.typed(name, integers)
	if a == nil {
		return [2]int{missing, missing}, nil
	}
	switch len(a.ints) {
	case 1:
		return [2]int{missing, clamp(a.ints[0])}, nil
	case 2:
		return [2]int{clamp(a.ints[0]), clamp(a.ints[1])}, nil
	}
	return [2]int{}, fmt.Errorf("%s has %d numbers: only operators on height and width, or on one axis, are translated", name, len(a.ints))
}

func clamp(v int64) int { return int(min(max(v, -maxSize), maxSize)) }

// weights returns an input that has to be a constant of floats.
func weights(in []*value, i int, what string) (*constant, error) {
	if i >= len(in) || in[i] == nil {
		return nil, fmt.Errorf("its %s is missing", what)
	}
	if in[i].c == nil {
		return nil, fmt.Errorf("its %s is computed from the image, not a constant", what)
	}
	if !isFloat(in[i].c) {
		return nil, fmt.Errorf("its %s is of %s, not of floats", what, in[i].c.DType)
	}
	return in[i].c, nil
}

// vector is weights for one number a channel.
func vector(in []*value, i int, what string, channels int) (*constant, error) {
	c, err := weights(in, i, what)
	if err != nil {
		return nil, err
	}
	if c.Len() != channels {
		return nil, fmt.Errorf("its %s has shape %v for %d channels", what, c.Shape, channels)
	}
	if len(c.Shape) != 1 {
		c = &constant{Name: c.Name, DType: c.DType, Shape: []int{channels}, Data: c.Data}
	}
	return c, nil
}
