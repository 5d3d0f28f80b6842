// Package ascend is the loop that changes pictures until a net answers as it should: image = canvas(variables),
// views = transform(image), activations = net(views), one step up objective minus priors. It does no input or output.
package ascend

import (
	"errors"
	"fmt"
	"slices"

	"herbarium/internal/canvas"
	"herbarium/internal/net"
	"herbarium/internal/objective"
	"herbarium/internal/optimize"
	"herbarium/internal/prior"
	"herbarium/internal/torch"
)

// Item is one picture to make. Its random numbers depend on Keys and the seed only, so that it is the
// same picture in any company (up to rounding).
type Item struct {
	Name    string
	Unit    objective.Unit
	Keys    []uint64
	Group   int // restarts of one item have one group
	Restart int
	Photo   []float32 // [3,H,W] in [0,1]: what a match is with; nil for units
	Start   []float32 // [3,H,W] in [0,1]: the first picture; nil for noise
}

// Goal makes the objective of a batch of items, all on one canvas; constants live in keep.
type Goal func(keep, s *torch.Scope, n *net.Net, on canvas.Canvas, items []Item) (objective.Objective, error)

// Units is the goal of large activations.
func Units(keep, _ *torch.Scope, n *net.Net, _ canvas.Canvas, items []Item) (objective.Objective, error) {
	units := make([]objective.Unit, len(items))
	for i, item := range items {
		units[i] = item.Unit
	}
	return objective.NewBatch(keep, units, n.Device()), nil
}

// Diverse is a goal whose restarts of one item should differ at a layer.
func Diverse(goal Goal, node string, weight float64) Goal {
	return func(keep, s *torch.Scope, n *net.Net, on canvas.Canvas, items []Item) (objective.Objective, error) {
		o, err := goal(keep, s, n, on, items)
		if err != nil {
			return nil, err
		}
		groups := make([]int, len(items))
		for i, item := range items {
			groups[i] = item.Group
		}
		return objective.NewDiverse(keep, o, node, weight, groups, n.Device()), nil
	}
}

// Matching is the goal of activations that go with those of the items' photos; all items have one unit of one term.
func Matching(how func(m *objective.Match, s *torch.Scope, f torch.Tensor) torch.Tensor) Goal {
	return func(keep, s *torch.Scope, n *net.Net, on canvas.Canvas, items []Item) (objective.Objective, error) {
		term := items[0].Unit.Terms[0]
		activations, err := n.Forward(s, photos(s, n, on, items), net.Pass{Want: []string{term.Node}, Maps: true})
		if err != nil {
			return nil, err
		}
		m, err := objective.NewMatch(keep, s, term, activations[term.Node], how)
		if silent := (*objective.Silent)(nil); errors.As(err, &silent) {
			return nil, fmt.Errorf("%s: its activations at %s are all zero: there is nothing to match", items[silent.Item].Name, items[0].Unit.Text)
		}
		return m, err
	}
}

// photos are those of the items, [N,3,H,W].
func photos(s *torch.Scope, n *net.Net, on canvas.Canvas, items []Item) torch.Tensor {
	var all []float32
	for _, item := range items {
		all = append(all, item.Photo...)
	}
	height, width := on.Size()
	return s.To(torch.From(s, []int{len(items), 3, height, width}, all), n.Device())
}

// Priors are what keeps pictures like photos, each with its weight over the run.
type Priors struct {
	AlphaNorm, Variation, Statistics optimize.Ramp
	Bound                            bool
	Mean                             []float32    // [3], mean colour of photos
	Norms                            []prior.Norm // for Statistics
}

// nodes are the layers that the priors read.
func (p *Priors) nodes() []string {
	var out []string
	if !p.Statistics.Zero() {
		for _, l := range p.Norms {
			out = append(out, l.Node)
		}
	}
	return out
}

// Config says how to climb.
type Config struct {
	Goal      Goal
	Steps     int
	Rate      optimize.Ramp // of Adam
	Beta2     float64       // of Adam; 0 is optimize.Beta2
	Transform Transform
	Settle    int // the last steps see the picture as it is
	Priors    Priors
	Enough    float64 // a picture is done when its measure "gain" reaches this; 0: when the steps are over
	Alpha     bool    // also say where the pictures were changed
	Seed      uint64
	Snapshots int // pictures on the way, at even distances, besides the last
}

// Result is one picture.
type Result struct {
	Pixels     []byte // [3,H,W]
	Start, End float64
	Measures   map[string]float64
	Logits     []float32 // of the last picture
	Steps      int       // taken
	Dead       bool      // no gradient reached the picture, even with the rescue: it shows nothing
	Alpha      []float32 // [H,W], where the picture was changed most, as a share of the most; nil unless it was asked for
	Snapshots  []Snapshot
}

// Snapshot is a picture on the way.
type Snapshot struct {
	Step   int
	Pixels []byte
}

// Hooks see the run as it goes; either may be nil.
type Hooks struct {
	Step func()                 // after each step of a batch
	Log  func(step int, l Line) // costs time
}

// Line is what a step of one batch looked like, by item.
type Line struct {
	Rate      float64
	Objective []float32            // on the transformed views
	Priors    map[string][]float32 // weighted
}

// rescueSteps is for how long gradients are let through dead units (Lucid's redirected ReLU).
const rescueSteps = 16

// Run makes one picture per item, all in one batch, on the canvas. Start, End and Measures are those of the
// first and the last picture in 8 bits and without transforms. The net must know every layer of the items, the norms of
// the priors, and logits.
func Run(n *net.Net, on canvas.Canvas, items []Item, c Config, hooks Hooks) ([]Result, error) {
	keep := torch.NewScope()
	defer keep.Close()
	if c.Beta2 == 0 {
		c.Beta2 = optimize.Beta2
	}
	m := &climber{net: n, canvas: on, items: items, config: c, keep: keep, hooks: hooks,
		results: make([]Result, len(items)), finished: make([]bool, len(items))}
	if err := torch.Do(m.start); err != nil {
		return nil, err
	}
	for step := range c.Steps {
		if !slices.Contains(m.finished, false) {
			break
		}
		if err := torch.Do(func(s *torch.Scope) error { return m.step(s, step) }); err != nil {
			return nil, fmt.Errorf("step %d: %w", step+1, err)
		}
		if hooks.Step != nil {
			hooks.Step()
		}
	}
	err := torch.Do(m.finish)
	return m.results, err
}
