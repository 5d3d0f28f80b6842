package visualize

import (
	"fmt"
	"math"
	"strconv"
)

// Jitter is how far pictures are moved: so many pixels, or automatically by the stride of the layer.
type Jitter struct {
	Pixels float64
	Auto   bool
}

// UnmarshalText reads auto, or pixels.
func (j *Jitter) UnmarshalText(text []byte) error {
	if string(text) == "auto" {
		*j = Jitter{Auto: true}
		return nil
	}
	pixels, err := strconv.ParseFloat(string(text), 64)
	if err != nil || !(pixels >= 0) || math.IsInf(pixels, 0) {
		return fmt.Errorf("must be auto or 0 pixels or more, not %q", text)
	}
	*j = Jitter{Pixels: pixels}
	return nil
}
