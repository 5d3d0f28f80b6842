package objective

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"herbarium/internal/graph"
)

// parsePosition reads Y,X, c, cls or pTOKEN, what stands behind @ for a position or a token before the grid.
func (t *Term) parsePosition(text, layer string, v graph.Value) error {
	m := v.Map()
	if number, prefix := strings.CutPrefix(strings.Replace(text, "cls", "p0", 1), "p"); prefix {
		tokens, _ := v.Prefix()
		n := tokens.Map().Width
		if tokens == nil {
			return fmt.Errorf("%s has no tokens before its grid, such as a class token", layer)
		}
		var err error
		if t.X, err = strconv.Atoi(number); err != nil || t.X < 0 || t.X >= n {
			return fmt.Errorf("%s has tokens @p0 (the same as @cls) to @p%d before its grid, not @%s", layer, n-1, text)
		}
		t.Prefix = true
		return nil
	}
	if !m.Spatial {
		return fmt.Errorf("%s has no positions, only channels", layer)
	}
	if text == "c" {
		t.Y, t.X = m.Height/2, m.Width/2
		return nil
	}
	y, x, ok := strings.Cut(text, ",")
	var errY, errX error
	t.Y, errY = strconv.Atoi(y)
	t.X, errX = strconv.Atoi(x)
	if !ok || errY != nil || errX != nil {
		return fmt.Errorf("position %q is neither Y,X nor c", text)
	}
	if t.Y < 0 || t.Y >= m.Height || t.X < 0 || t.X >= m.Width {
		return fmt.Errorf("%s has positions 0,0 to %d,%d, not %d,%d", layer, m.Height-1, m.Width-1, t.Y, t.X)
	}
	return nil
}

// Resized is the unit for images of another size: a position moves to where its center falls on a map that shows the same
// in other sizes. from and to are the values of the net's graph for both sizes.
func (u Unit) Resized(from, to map[string]graph.Value) Unit {
	u.Terms = slices.Clone(u.Terms)
	for i := range u.Terms {
		if t := &u.Terms[i]; t.At && !t.Prefix {
			a, b := from[t.Node].Map(), to[t.Node].Map()
			t.Y, t.X = (2*t.Y+1)*b.Height/(2*a.Height), (2*t.X+1)*b.Width/(2*a.Width)
		}
	}
	return u
}
