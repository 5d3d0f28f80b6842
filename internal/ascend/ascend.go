// Package ascend is activation maximization and feature inversion: the gradient ascent that changes pictures until a net
// answers to them as it should. In each step image = canvas(variables), views = transform(image),
// activations = net(views), and the variables go up the gradient of objective(activations) - priors(image). It does no
// input or output.
package ascend

import (
	"fmt"
	"slices"

	"herbarium/internal/canvas"
	"herbarium/internal/net"
	"herbarium/internal/objective"
	"herbarium/internal/optimize"
	"herbarium/internal/prior"
	"herbarium/internal/torch"
)

// Item is one picture to make. Its random numbers depend on Keys and the seed only, so that it is the same picture in
// any batch (up to rounding).
type Item struct {
	Name    string
	Unit    objective.Unit
	Keys    []uint64
	Group   int // the same for all restarts of one picture
	Restart int
	Target  []float32 // [C,H,W] in [0,1]: the photo whose features are the target; nil where activations are maximized
	Start   []float32 // [C,H,W] in [0,1]: the first picture; nil for noise
}

// Priors keep pictures natural. Their weights may change over the run.
type Priors struct {
	AlphaNorm, Variation, Moments optimize.Ramp
	Bound                         bool              // see [prior.Bound]; on pixel canvases only
	Mean                          []float32         // [C], mean color of photos in [0,1]
	BatchNorms                    []prior.BatchNorm // for Moments
}

// nodes are the layers that the priors read.
func (p *Priors) nodes() []string {
	var out []string
	if !p.Moments.Zero() {
		for _, l := range p.BatchNorms {
			out = append(out, l.Node)
		}
	}
	return out
}

// Config is how pictures are optimized.
type Config struct {
	Objective Objective
	Steps     int
	Coarse    Coarse        // where the first steps are taken
	Rate      optimize.Ramp // of Adam
	Beta2     float64       // of Adam; 0 is optimize.Beta2
	Transform Transform
	Settle    int // the last steps are without transforms
	Priors    Priors
	StopGain  float64 // a picture is finished when its [objective.MeasureGain] reaches this; 0: when the steps are over
	Alpha     bool    // also return where the pictures were changed
	Seed      uint64
	Snapshots int // intermediate pictures to return besides the last, see [Config.snapshotSteps]
}

// Result is one picture.
type Result struct {
	Pixels     []byte             // [C,H,W]
	Start, End float64            // the objective of the first and the last picture
	Measures   map[string]float64 // of the last picture, see [objective.Objective]
	Logits     []float32          // [K] of the last picture
	Steps      int                // taken
	Dead       bool               // no gradient reached the picture, even with the rescue: it shows nothing
	Alpha      []float32          // [H,W], where the picture was changed most, as a share of the most; nil unless it was asked for
	Snapshots  []Snapshot
}

// Snapshot is an intermediate picture.
type Snapshot struct {
	Step      int     // after which it was taken
	Objective float64 // of the picture, as Result.End
	Pixels    []byte  // [C,H,W]
}

// snapshotSteps are the steps after which snapshots are taken, closer together at the start, where pictures change most: the k-th
// of K comes after the share (k/(K+1))² of the steps.
func (c *Config) snapshotSteps() []int {
	steps := make([]int, min(c.Snapshots, max(c.Steps-1, 0)))
	for i := range steps {
		share := float64(i+1) / float64(len(steps)+1)
		steps[i] = int(float64(c.Steps) * share * share)
		if i == 0 {
			steps[i] = max(steps[i], 1)
		} else {
			steps[i] = max(steps[i], steps[i-1]+1)
		}
	}
	return steps
}

// Hooks are called as a run goes on; either may be nil.
type Hooks struct {
	Step func()                       // after each step of a batch
	Log  func(step int, r StepRecord) // costs time
}

// StepRecord is what a step of one batch measured, by item.
type StepRecord struct {
	Rate      float64
	Objective []float32            // [N], on the transformed views
	Priors    map[string][]float32 // [N], weighted
}

// Run makes one picture per item, all in one batch, on the canvas. Start, End and Measures are those of the first and
// the last picture in 8 bits and without transforms. The net must have every layer of the items, the batch norms of the priors,
// and logits.
func Run(n *net.Net, on canvas.Canvas, items []Item, c Config, hooks Hooks) ([]Result, error) {
	keep := torch.NewScope()
	defer keep.Close()
	if c.Beta2 == 0 {
		c.Beta2 = optimize.Beta2
	}
	r := &run{net: n, level: level{canvas: on}, items: items, config: c, keep: keep, hooks: hooks, shots: c.snapshotSteps(),
		results: make([]Result, len(items)), finished: make([]bool, len(items))}
	if err := torch.Do(r.start); err != nil {
		return nil, err
	}
	for step := range c.Steps {
		if !slices.Contains(r.finished, false) {
			break
		}
		if err := torch.Do(func(s *torch.Scope) error { return r.step(s, step) }); err != nil {
			return nil, fmt.Errorf("step %d: %w", step+1, err)
		}
		if hooks.Step != nil {
			hooks.Step()
		}
	}
	err := torch.Do(r.finish)
	return r.results, err
}
