package look

import (
	"math"
	"slices"
	"strconv"

	"herbarium/internal/cli"
	"herbarium/internal/graph"
	"herbarium/internal/objective"
)

// jitter is --jitter in pixels, or auto.
func (f *Flags) jitter() (pixels float64, auto bool, err error) {
	if f.Jitter == "auto" {
		return 0, true, nil
	}
	pixels, err = strconv.ParseFloat(f.Jitter, 64)
	if err != nil || !(pixels >= 0) || math.IsInf(pixels, 0) {
		return 0, false, cli.UsageErrorf("--jitter must be auto or pixels from 0 on, not %q", f.Jitter)
	}
	return pixels, false, nil
}

// stride is the largest up to a unit's deepest layer: a layer after pooling has the stride of the maps before it.
func stride(rows []graph.Row, u objective.Unit) float64 {
	largest := 1.0
	for _, row := range rows {
		largest = math.Max(largest, row.Stride[0])
		if slices.ContainsFunc(u.Terms, func(t objective.Term) bool { return t.Node == row.Name }) {
			break
		}
	}
	return largest
}
