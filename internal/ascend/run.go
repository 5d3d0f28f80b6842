package ascend

import (
	"fmt"
	"math"
	"slices"

	"herbarium/internal/canvas"
	"herbarium/internal/net"
	"herbarium/internal/objective"
	"herbarium/internal/optimize"
	"herbarium/internal/prior"
	"herbarium/internal/torch"
)

// rescueSteps is for how many steps gradients are let through dead units (Lucid's redirected ReLU).
const rescueSteps = 16

// run is the state of one batch.
type run struct {
	level
	full     level // of the last picture
	net      *net.Net
	items    []Item
	keys     [][]uint64
	config   Config
	hooks    Hooks
	wanted   []string // layers that a step reads
	keep     *torch.Scope
	mean     torch.Tensor // [C], color
	shots    []int        // steps after which snapshots are taken
	finished []bool       // items that have reached the gain at which they stop
	alpha    torch.Tensor // [N,H,W], sum of gradients' magnitudes; None unless wanted
	results  []Result
}

func (r *run) start(s *torch.Scope) (err error) {
	for _, item := range r.items {
		r.keys = append(r.keys, item.Keys)
	}
	if r.objective, err = r.config.Objective(r.keep, s, r.net, r.canvas, r.items); err != nil {
		return err
	}
	r.wanted = unique(append(slices.Clone(r.objective.Nodes()), r.config.Priors.nodes()...))
	if r.config.Priors.Mean != nil {
		r.mean = r.keep.To(torch.From(r.keep, []int{len(r.config.Priors.Mean)}, r.config.Priors.Mean), r.net.Device())
	}
	if r.config.Alpha {
		height, width := r.canvas.Size()
		r.alpha = r.keep.Zeros([]int{len(r.items), height, width}, torch.F32, r.net.Device())
	}
	if err := r.variables(s); err != nil {
		return err
	}
	r.optimizer = optimize.Adam(r.keep, []optimize.Variable{{Value: r.z}}, r.config.Beta2)
	r.full = r.level
	first, err := r.evaluate(s, unique(r.objective.Nodes()))
	for i := range first {
		r.results[i].Start = first[i].End
	}
	if err == nil && r.config.Coarse.Steps > 0 {
		err = r.shrink(s)
	}
	return err
}

// unique names each layer once, in order of first use.
func unique(names []string) []string {
	var out []string
	for _, name := range names {
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// variables puts each item's start on the canvas: noise of its own, or a picture.
func (r *run) variables(s *torch.Scope) error {
	height, width := r.canvas.Size()
	var z []float32
	for _, item := range r.items {
		if item.Start == nil {
			z = append(z, r.canvas.Start(r.config.Seed, item.Keys...)...)
			continue
		}
		v, err := r.canvas.From(s, r.net.Images(s, height, width, item.Start))
		if err != nil {
			return err
		}
		z = append(z, torch.Read[float32](s, v)...)
	}
	r.z = r.keep.To(torch.From(r.keep, r.canvas.Shape(len(r.items)), z), r.net.Device())
	r.keep.RequireGrad(r.z)
	return nil
}

func (r *run) step(s *torch.Scope, step int) error {
	c := r.config
	if c.Coarse.Steps > 0 && step == c.Coarse.Steps {
		r.grow(s)
	}
	last := step == c.Steps-1
	g, err := r.rescued(s, step, last)
	if err != nil {
		return err
	}
	if step == 0 || last {
		if !finite(s, g.z) {
			return fmt.Errorf("the gradient is not a number: the net's activations overflow")
		}
	}
	rate := c.Rate.At(r.progress(step))
	if r.hooks.Log != nil {
		r.hooks.Log(step, g.record(s, rate))
	}
	if r.alpha.Defined() {
		r.changed(s, g.image)
	}
	before := torch.None
	if slices.Contains(r.finished, true) {
		before = s.Clone(s.Detach(r.z))
	}
	r.optimizer.Step(s, []torch.Tensor{g.z}, rate)
	if _, ok := r.canvas.(*canvas.Pixel); ok && c.Priors.Bound {
		s.Copy(r.z, prior.Bound(s, s.Detach(r.z), r.mean))
	}
	r.canvas.Confine(s, r.z)
	if before.Defined() {
		s.Copy(r.z, s.Where(r.finishedMask(s), before, s.Detach(r.z)))
	}
	for i := range r.results {
		if !r.finished[i] {
			r.results[i].Steps = step + 1
		}
	}
	if c.StopGain > 0 {
		r.stop(s, g)
	}
	if slices.Contains(r.shots, step+1) {
		return r.snapshot(s, step+1)
	}
	return nil
}

// rescued is the gradient of a step: in the first steps, that of items whose unit gives none at all is let through their dead
// units.
func (r *run) rescued(s *torch.Scope, step int, last bool) (gradient, error) {
	look := step < rescueSteps || last
	g, err := r.gradient(s, step, nil, look)
	if err != nil || !look {
		return g, err
	}
	dead := zeroGradients(s, g.unit)
	if last {
		for i := range r.results {
			r.results[i].Dead = dead != nil && dead[i] != 0
		}
	}
	if dead == nil || step >= rescueSteps {
		return g, nil
	}
	return r.gradient(s, step, dead, false)
}

// progress is the share of the run that is over at a step.
func (r *run) progress(step int) float64 {
	return float64(step) / math.Max(float64(r.config.Steps-1), 1)
}

// stop marks the items that have gained enough.
func (r *run) stop(s *torch.Scope, g gradient) {
	if gain, ok := g.measures[objective.MeasureGain]; ok {
		for i, v := range torch.Read[float32](s, gain) {
			r.finished[i] = r.finished[i] || float64(v) >= r.config.StopGain
		}
	}
}

// finishedMask [N,1,...] is true for finished items.
func (r *run) finishedMask(s *torch.Scope) torch.Tensor {
	shape := r.z.Shape()
	for i := range shape {
		if i > 0 {
			shape[i] = 1
		}
	}
	done := make([]float32, len(r.finished))
	for i, f := range r.finished {
		if f {
			done[i] = 1
		}
	}
	return s.To(s.Greater(torch.From(s, shape, done), 0.5), r.z.Device())
}
