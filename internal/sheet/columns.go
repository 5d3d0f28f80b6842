package sheet

import "math"

// aspect is the proportion of a page that the grid comes near to.
const aspect = 16.0 / 10

// Columns chooses how many columns a grid of n cells of w x h pixels has, so
// that the whole is near 16:10 and the last row is not nearly empty. The number
// is a multiple of group: that many neighbours (the seeds of one unit) belong
// together and stay in one row.
func Columns(n, group, w, h int) int {
	if n < 1 {
		return 1
	}
	if group < 1 || group > n {
		group = 1
	}
	best, least := group, math.Inf(1)
	for columns := group; columns < n+group; columns += group {
		rows := (n + columns - 1) / columns
		shape := float64(columns*max(w, 1)) / float64(rows*max(h, 1))
		empty := float64(rows*columns-n) / float64(rows*columns)
		if cost := math.Abs(math.Log(shape/aspect)) + 2*empty; cost < least-1e-9 {
			best, least = columns, cost
		}
	}
	return best
}
