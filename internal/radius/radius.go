// Package radius is how far an attack may move an image: an epsilon, as people write it.
package radius

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"herbarium/internal/errs"
)

// Eps is the radius of a ball around an image whose values run from 0 to 1: the largest change of one value, or the
// Euclidean length of the change. It is 0 or more, and finite.
type Eps float64

// UnmarshalText reads a number, or a quotient such as 8/255.
func (e *Eps) UnmarshalText(text []byte) error {
	word := strings.TrimSpace(string(text))
	over, under, divided := strings.Cut(word, "/")
	v, err := strconv.ParseFloat(over, 64)
	if err == nil && divided {
		var by float64
		by, err = strconv.ParseFloat(under, 64)
		v /= by
	}
	switch {
	case err != nil || math.IsNaN(v) || math.IsInf(v, 0):
		return errs.Hint(fmt.Errorf("%q is not a number", word), "examples are 8/255 and 0.03")
	case v < 0:
		return fmt.Errorf("%s is negative", word)
	}
	*e = Eps(v)
	return nil
}

// String is the radius as people write it: as it is if that is short, else in 255ths where it is a simple number of them.
func (e Eps) String() string {
	if text := strconv.FormatFloat(float64(e), 'g', -1, 64); len(text) <= 4 {
		return text
	}
	if quarters := float64(e) * 255 * 4; math.Abs(quarters-math.Round(quarters)) < 1e-3 { // items keep six digits
		return strconv.FormatFloat(math.Round(quarters)/4, 'g', -1, 64) + "/255"
	}
	return strconv.FormatFloat(float64(e), 'g', 4, 64)
}
