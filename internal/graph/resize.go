package graph

import (
	"errors"
	"fmt"
	"math"
)

// Resize is F.interpolate to Size, or to Scale times the input's size rounded down, with the coordinates computed from
// the two sizes (recompute_scale_factor). Mode nearest reads index floor(i in/out); bilinear and bicubic (a = -0.75) have no
// antialiasing.
type Resize struct {
	Mode  string    `json:"mode,omitempty" needs:"nearest, bilinear or bicubic"`
	Size  Pair      `json:"size,omitzero"`   // output [height, width]; or
	Scale []float64 `json:"scale,omitempty"` // output over input [height, width]
	Align bool      `json:"align,omitempty"` // align_corners: the corner pixels' centers stay where they are
}

var _ = define(Resize{})

func (Resize) Name() string { return "resize" }

func (o Resize) check() error {
	switch {
	case (o.Size == Pair{}) == (o.Scale == nil):
		return errors.New("needs either size or scale")
	case o.Scale == nil:
		if err := o.Size.within("size", 1, maxSide); err != nil {
			return err
		}
	case len(o.Scale) != 2:
		return fmt.Errorf("scale needs 2 numbers, not %d", len(o.Scale))
	default:
		for _, s := range o.Scale {
			if !(s > 0 && s <= maxWindow) {
				return fmt.Errorf("scale %v is not above 0 and at most %d", s, maxWindow)
			}
		}
	}
	if o.Mode == "nearest" && o.Align {
		return errors.New("align is not for nearest")
	}
	return oneOf("mode", o.Mode, "nearest", "bilinear", "bicubic")
}

// To returns the size that an input of height and width is brought to.
func (o Resize) To(height, width int) (int, int) {
	if o.Scale == nil {
		return o.Size[0], o.Size[1]
	}
	// A side is at most maxSide and a scale at most maxWindow, so the product fits an int.
	return int(float64(height) * o.Scale[0]), int(float64(width) * o.Scale[1])
}

func (o Resize) infer(ins []Value) (Value, error) {
	_, h, w, err := maps3(ins[0])
	if err != nil {
		return nil, err
	}
	h, w = o.To(h, w)
	return Value{ins[0][0], ins[0][1].resized(h), ins[0][2].resized(w)}, nil
}

func (o Resize) field(f field, ins []Value, out Value) field {
	for a := 1; a < 3; a++ {
		lo, hi, step := o.reads(ins[0][a].Size, out[a].Size)
		f = f.windowOf(ins[0], a, lo, hi, step)
	}
	return f
}

// reads returns between which input indexes, relative to i step, output index i is read, and the step.
func (o Resize) reads(in, out int) (lo, hi, step float64) {
	step = float64(in) / float64(out)
	if o.Mode == "nearest" {
		// floor(i step): what is cut off is a multiple of gcd/out below 1.
		return float64(gcd(in, out))/float64(out) - 1, 0, step
	}
	reach := 0.0 // of a cubic, beyond the two indexes on both sides
	if o.Mode == "bicubic" {
		reach = 1
	}
	if o.Align {
		if out > 1 {
			step = float64(in-1) / float64(out-1)
		}
		return -1 - reach, 1 + reach, step
	}
	// The indexes on both sides of i step + at.
	at := step/2 - 0.5
	if in%out == 0 {
		return math.Floor(at) - reach, math.Ceil(at) + reach, step
	}
	return at - 1 - reach, at + 1 + reach, step
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
