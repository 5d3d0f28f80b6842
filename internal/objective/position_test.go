package objective

import (
	"testing"

	"herbarium/internal/graph"
)

// A position of a map goes where its center lies on one of another size.
func TestPositionsFollowTheSize(t *testing.T) {
	g, err := graph.Parse([]byte(`{"nodes":[{"name":"a","op":"relu","in":["input"]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	values := func(height, width int) map[string]graph.Value {
		v, err := g.Values(graph.Shape{3, height, width})
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, c := range []struct{ height, width, y, x, toHeight, toWidth, toY, toX int }{
		{8, 8, 7, 4, 4, 4, 3, 2},
		{8, 8, 0, 3, 4, 4, 0, 1},
		{3, 7, 1, 3, 1, 3, 0, 1}, // the center stays it
		{4, 4, 3, 0, 8, 8, 7, 1},
	} {
		u := Unit{Terms: []Term{{Node: "a", Channel: 1}, {Node: "a", Channel: 1, At: true, Y: c.y, X: c.x}}}
		got := u.Resized(values(c.height, c.width), values(c.toHeight, c.toWidth))
		if at := got.Terms[1]; at.Y != c.toY || at.X != c.toX || got.Terms[0].At {
			t.Errorf("%d,%d of %dx%d goes to %d,%d of %dx%d, want %d,%d", c.y, c.x, c.height, c.width, at.Y, at.X, c.toHeight, c.toWidth, c.toY, c.toX)
		}
		if at := u.Terms[1]; at.Y != c.y || at.X != c.x {
			t.Errorf("the unit itself has moved: %+v", at)
		}
	}
}
