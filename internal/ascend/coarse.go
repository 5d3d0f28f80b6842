package ascend

import (
	"herbarium/internal/canvas"
	"herbarium/internal/objective"
	"herbarium/internal/optimize"
	"herbarium/internal/torch"
)

// Coarse is a smaller canvas for the first steps, which cost less on it: a quarter at half the size.
type Coarse struct {
	Canvas canvas.Canvas // of the same kind as that of the last pictures
	Items  []Item        // the same items, as they are at that size: units at other positions
	Steps  int           // 0 for none
}

// level is the pictures of a batch at one size.
type level struct {
	canvas    canvas.Canvas
	objective objective.Objective
	z         torch.Tensor // the variables
	optimizer optimize.Optimizer
}

// shrink goes on with the pictures on the coarse canvas.
func (r *run) shrink(s *torch.Scope) (err error) {
	c := r.config.Coarse
	height, width := c.Canvas.Size()
	l := level{canvas: c.Canvas, z: r.keep.Clone(s.Detach(r.canvas.Shrink(s, r.z, height, width)))}
	if l.objective, err = r.config.Objective(r.keep, s, r.net, l.canvas, c.Items); err != nil {
		return err
	}
	r.keep.RequireGrad(l.z)
	l.optimizer = optimize.Adam(r.keep, []optimize.Variable{{Value: l.z}}, r.config.Beta2)
	r.level = l
	return nil
}

// whole is the pictures as they are now, at full size.
func (r *run) whole(s *torch.Scope) level {
	l := r.full
	if r.canvas != l.canvas {
		height, width := r.canvas.Size()
		l.z = l.canvas.Grow(s, l.z, r.z, height, width)
	}
	return l
}

// grow goes on with the pictures at full size. The optimizer starts anew: where it went on from the gradients at the coarse size, with
// none for the frequencies that are new, units ended no higher and pictures had a third more variation (the CIFAR ResNet-20
// and the demo's net).
func (r *run) grow(s *torch.Scope) {
	s.Copy(r.full.z, r.whole(s).z)
	r.level = r.full
}

// changed adds where a step changes the images, by its gradient [N,C,h,w]: that of a coarse pixel belongs to all that stand
// in its place.
func (r *run) changed(s *torch.Scope, gradient torch.Tensor) {
	change := s.SumKeep(s.Abs(gradient), 1)
	height, width := r.full.canvas.Size()
	if shape := change.Shape(); shape[2] != height || shape[3] != width {
		change = s.Scale(s.UpsampleNearest(change, height, width), float64(shape[2]*shape[3])/float64(height*width))
	}
	r.keep.AddScaled(r.alpha, s.Reshape(change, r.alpha.Shape()...), 1)
}
