package graph

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// first returns the first of errs that is not nil.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func within(name string, v, lo, hi int) error {
	if v < lo || v > hi {
		return fmt.Errorf("%s %d is not within %d and %d", name, v, lo, hi)
	}
	return nil
}

func (p Pair) within(name string, lo, hi int) error {
	if slices.Min(p[:]) < lo || slices.Max(p[:]) > hi {
		return fmt.Errorf("%s %v is not within %d and %d", name, p, lo, hi)
	}
	return nil
}

func positive(name string, v float64) error {
	if !(v > 0) && finite(v) {
		return fmt.Errorf("%s %v is not above 0", name, v)
	}
	return real(name, v)
}

func rising(lo string, a float64, hi string, b float64) error {
	if !(a < b) {
		return fmt.Errorf("%s %v is not below %s %v", lo, a, hi, b)
	}
	return nil
}

func real(name string, v float64) error {
	if !finite(v) {
		return fmt.Errorf("%s is not a finite number", name)
	}
	return nil
}

func oneOf(name, v string, known ...string) error {
	if !slices.Contains(known, v) {
		return fmt.Errorf("%s %q is none of %s", name, v, strings.Join(known, ", "))
	}
	return nil
}

func finite(f float64) bool { return !math.IsNaN(f) && !math.IsInf(f, 0) }
