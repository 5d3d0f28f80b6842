package arch

import (
	"fmt"
	"math"
	"slices"

	"herbarium/internal/graph"
)

// BuildBottomUp returns the graph of the bottom-up net that is compared with a top-down one: the same blocks at the
// same scales with one head, but from fine to coarse, by strides, and only one image enters. Its widths double from
// each scale to the next coarser one. blur above 1 puts the blur of that scale before it: the image is made that many
// times smaller and enlarged again (nearest neighbor), so that the net has nothing but the fine scales taken away.
//
// scales are coarse to fine as those of BuildTopDown, widths fine to coarse.
func BuildBottomUp(name string, in graph.Shape, scales, widths []int, blur int, o Options) (*graph.Graph, error) {
	_, f, err := family("td-" + name)
	if err != nil {
		return nil, err
	}
	name = "bu-" + name
	if err := checkScales(in, scales, widths); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var b builder
	x := b.begin(o)
	if blur > 1 {
		if err := checkScales(in, []int{blur}, []int{1}); err != nil {
			return nil, fmt.Errorf("%s: blur: %w", name, err)
		}
		x = b.enlarged("blurred", b.shrunk("small", x, blur), blur)
	}
	scales = slices.Clone(scales)
	slices.Reverse(scales)
	x = b.conv("entry", x, widths[0], 2*scales[0]+1, scales[0])
	x = b.relu("relu", b.bn("bn", x))
	from, last := widths[0], ""
	for i, scale := range scales {
		stage := fmt.Sprintf("stage%d", in[1]/scale)
		for k := range f.blocks {
			stride := 1
			if i > 0 && k == 0 {
				stride = scale / scales[i-1]
			}
			x = b.preactivated(fmt.Sprintf("%s.%d", stage, k), x, from, widths[i], stride)
			from = widths[i]
		}
		b.alias(stage, x)
		last = fmt.Sprintf("head%d", in[1]/scale)
	}
	b.alias(graph.Logits, b.meanHead(last, b.relu("out", b.bn("norm", x)), o.Classes))
	return b.finish(name, in)
}

// Match returns the bottom-up net (BuildBottomUp) whose cost is nearest to that of a top-down net, and its
// architecture's name: what is "params", the trained numbers, or "macs", the multiply-adds for one image, those of the
// blur included. It is an error if the nearest cost is more than a tenth away.
func Match(to *graph.Net, what string, blur int, o Options) (*graph.Graph, string, error) {
	_, f, err := family(to.Arch)
	if err != nil {
		return nil, "", fmt.Errorf("only top-down nets have a bottom-up counterpart: %w", err)
	}
	cost := func(g *graph.Graph) (int64, error) {
		params, macs, err := g.Cost(to.Input)
		if what == "macs" {
			return macs, err
		}
		return params, err
	}
	target, err := cost(to.Graph)
	if err != nil {
		return nil, "", err
	}
	var scales []int
	for _, e := range to.Graph.Entries() {
		scales = append(scales, e.Factor)
	}
	build := func(eighths int) (*graph.Graph, int64, error) {
		widths := make([]int, len(scales))
		for i := range widths {
			widths[i] = max(1, int(math.Round(float64(eighths)/8*math.Pow(2, float64(i)))))
		}
		g, err := BuildBottomUp(f.name, to.Input, scales, widths, blur, o)
		if err != nil {
			return nil, 0, err
		}
		c, err := cost(g)
		return g, c, err
	}
	// The cost grows with the width of the finest scale, which is a number of eighths: coarser ones follow it.
	low, high := 1, 1
	best, c, err := build(high)
	for err == nil && c < target {
		low, high = high, 2*high
		best, c, err = build(high)
	}
	for err == nil && high-low > 1 {
		middle := (low + high) / 2
		g, cost, failed := build(middle)
		if err = failed; cost < target {
			low = middle
		} else {
			high, best, c = middle, g, cost
		}
	}
	if err != nil {
		return nil, "", fmt.Errorf("matching %d %s: %w", target, what, err)
	}
	if below, cost, err := build(low); err == nil && target-cost < c-target {
		best, c = below, cost
	}
	if off := c - target; 10*max(off, -off) > target {
		return nil, "", fmt.Errorf("the bottom-up net nearest to %d %s has %d: too far to compare", target, what, c)
	}
	return best, "bu-" + f.name, nil
}
