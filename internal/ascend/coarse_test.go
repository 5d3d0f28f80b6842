package ascend

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"herbarium/internal/canvas"
	"herbarium/internal/graph"
	"herbarium/internal/net"
	"herbarium/internal/objective"
	"herbarium/internal/torch"
	"herbarium/internal/torchtest"
)

// half is the scene's coarse steps at half the size.
func (c *scene) half(t *testing.T, on canvas.Canvas, steps int) Coarse {
	t.Helper()
	full, err := c.model.Graph.Values(graph.Shape{3, side, side})
	if err != nil {
		t.Fatal(err)
	}
	half, err := c.model.Graph.Values(graph.Shape{3, side / 2, side / 2})
	if err != nil {
		t.Fatal(err)
	}
	out := Coarse{Canvas: on, Steps: steps}
	for _, item := range c.items {
		item.Unit = item.Unit.Resized(full, half)
		out.Items = append(out.Items, item)
	}
	return out
}

// The first steps are taken at half the size; all that is given back has full size, and objectives improve, also those of one
// position.
func TestCoarseStepsGoOnAtFullSize(t *testing.T) {
	s := torchtest.Pin(t)
	c := newScene(t, s, "logits:0", "layer1:3", "layer2.1:5@c", "layer3@4,5", "logits:1 - logits:2")
	var sizes []int
	config := Config{Steps: 20, Rate: rate, Transform: views, Snapshots: 3, Alpha: true,
		Coarse: c.half(t, canvas.NewFourier(s, side/2, side/2, canvas.DefaultColor(3), torch.CPU), 12)}
	config.Objective = func(keep, s *torch.Scope, n *net.Net, on canvas.Canvas, items []Item) (objective.Objective, error) {
		height, _ := on.Size()
		sizes = append(sizes, height)
		return Activation(keep, s, n, on, items)
	}
	results, err := Run(c.net, c.on, c.items, config, Hooks{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{side, side / 2}, sizes); diff != "" {
		t.Errorf("objectives are of sizes: %s", diff)
	}
	for i, r := range results {
		text := c.items[i].Unit.Text
		if len(r.Pixels) != 3*side*side || len(r.Alpha) != side*side || slices.Max(r.Alpha) < 0.99 || r.Steps != 20 {
			t.Errorf("%s: %d pixels, alpha %d, %d steps", text, len(r.Pixels), len(r.Alpha), r.Steps)
		}
		last := r.Start
		for _, shot := range r.Snapshots { // after 1, 5 and 11 steps, all of them coarse
			if len(shot.Pixels) != 3*side*side || !(shot.Objective > r.Start) {
				t.Errorf("%s: after step %d %d pixels, from %v to %v", text, shot.Step, len(shot.Pixels), r.Start, shot.Objective)
			}
			last = shot.Objective
		}
		if !(r.End > last) {
			t.Errorf("%s: from %v at the last coarse snapshot to %v", text, last, r.End)
		}
	}
}

// A coarse canvas of the same size makes the same pictures, for as long as the optimizer has not started anew.
func TestCoarseCanvasOfTheSameSizeChangesNothing(t *testing.T) {
	s := torchtest.Pin(t)
	c := newScene(t, s, "logits:0", "layer2:1@3,4")
	c.on = &canvas.Pixel{Channels: 3, Height: side, Width: side}
	config := Config{Objective: Activation, Steps: 4, Rate: rate, Snapshots: 3}
	plain, err := Run(c.net, c.on, c.items, config, Hooks{})
	if err != nil {
		t.Fatal(err)
	}
	config.Coarse = Coarse{Canvas: &canvas.Pixel{Channels: 3, Height: side, Width: side}, Items: c.items, Steps: 3}
	coarse, err := Run(c.net, c.on, c.items, config, Hooks{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range plain {
		if diff := cmp.Diff(plain[i].Snapshots, coarse[i].Snapshots); diff != "" {
			t.Errorf("item %d: %s", i, diff)
		}
	}
}
