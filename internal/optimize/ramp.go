package optimize

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Ramp is a value that changes over a run: geometrically from From to To, or linearly where one of them is zero.
type Ramp struct{ From, To float64 }

// Constant is a ramp that stays.
func Constant(v float64) Ramp { return Ramp{v, v} }

// At is the value when the share done, from 0 to 1, of the run is over.
func (r Ramp) At(done float64) float64 {
	if r.From > 0 && r.To > 0 {
		return r.From * math.Pow(r.To/r.From, done)
	}
	return r.From + (r.To-r.From)*done
}

// Zero tells that the value is always zero.
func (r Ramp) Zero() bool { return r == Ramp{} }

// UnmarshalText reads V, or FROM:TO; values are not negative.
func (r *Ramp) UnmarshalText(text []byte) error {
	from, to, two := strings.Cut(string(text), ":")
	if !two {
		to = from
	}
	for i, word := range []string{from, to} {
		v, err := strconv.ParseFloat(word, 64)
		if err != nil || !(v >= 0) || math.IsInf(v, 0) {
			return fmt.Errorf("must be a number of at least 0, or two as FROM:TO, not %q", text)
		}
		if i == 0 {
			r.From = v
		} else {
			r.To = v
		}
	}
	return nil
}

// String is what UnmarshalText reads.
func (r Ramp) String() string {
	from := strconv.FormatFloat(r.From, 'g', -1, 64)
	if r.From == r.To {
		return from
	}
	return from + ":" + strconv.FormatFloat(r.To, 'g', -1, 64)
}
