package cli

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"

	"herbarium/internal/errs"
)

// interval is the values that a numeric flag may have. Infinity and NaN are in
// none.
type interval struct {
	low, high         float64
	lowOpen, highOpen bool // the bound itself is not in it
}

// parseInterval reads the tag range: "[0,1)" is from 0 to below 1, "(0,)" all
// above 0.
func parseInterval(text string) (interval, error) {
	i := interval{low: math.Inf(-1), high: math.Inf(1)}
	inner, closed := strings.CutSuffix(text, "]")
	inner, open := strings.CutSuffix(inner, ")")
	i.highOpen = open
	inner, fromClosed := strings.CutPrefix(inner, "[")
	inner, fromOpen := strings.CutPrefix(inner, "(")
	i.lowOpen = fromOpen
	low, high, two := strings.Cut(inner, ",")
	if closed == open || fromClosed == fromOpen || !two {
		return i, fmt.Errorf("%q is no interval", text)
	}
	for _, bound := range []struct {
		text string
		to   *float64
	}{{low, &i.low}, {high, &i.high}} {
		if bound.text == "" {
			continue
		}
		v, err := strconv.ParseFloat(bound.text, 64)
		if err != nil {
			return i, fmt.Errorf("%q is no interval: %w", text, err)
		}
		*bound.to = v
	}
	return i, nil
}

func (i interval) holds(v float64) bool {
	return (v > i.low || v == i.low && !i.lowOpen) && (v < i.high || v == i.high && !i.highOpen) && !math.IsInf(v, 0)
}

// String says it as messages do.
func (i interval) String() string {
	from, to := fmt.Sprint("from ", i.low), fmt.Sprint(" to ", i.high)
	if i.lowOpen {
		from, to = fmt.Sprint("more than ", i.low), fmt.Sprint(" and at most ", i.high)
	}
	switch {
	case i.highOpen && i.lowOpen:
		to = fmt.Sprint(" and less than ", i.high)
	case i.highOpen:
		to = fmt.Sprint(" to less than ", i.high)
	}
	switch {
	case math.IsInf(i.high, 1) && i.lowOpen:
		return from
	case math.IsInf(i.high, 1):
		return fmt.Sprint(i.low, " or more")
	default:
		return from + to
	}
}

// checkRanges refuses values of numeric flags, and of lists of numbers, that
// are outside of the interval in their tag range. A pointer that is nil is a
// flag that was not given.
func checkRanges(model *kong.Application) error {
	for _, flag := range allFlags(model.Node) {
		text := flag.Tag.Get("range")
		if text == "" {
			continue
		}
		within, err := parseInterval(text)
		if err != nil {
			return fmt.Errorf("internal error: --%s: range %w", flag.Name, err)
		}
		for _, v := range elements(flag.Target) {
			n, ok := number(v)
			if !ok {
				return fmt.Errorf("internal error: --%s has a range and is a %s", flag.Name, v.Type())
			}
			if !within.holds(n) {
				return errs.Usagef("--%s %v must be %s", flag.Name, v.Interface(), within)
			}
		}
	}
	return nil
}

// elements are the values that a flag holds.
func elements(v reflect.Value) []reflect.Value {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return elements(v.Elem())
	case reflect.Slice:
		var all []reflect.Value
		for i := range v.Len() {
			all = append(all, v.Index(i))
		}
		return all
	}
	return []reflect.Value{v}
}

func number(v reflect.Value) (float64, bool) {
	switch {
	case v.CanInt():
		return float64(v.Int()), true
	case v.CanUint():
		return float64(v.Uint()), true
	case v.CanFloat():
		return v.Float(), true
	}
	return 0, false
}
