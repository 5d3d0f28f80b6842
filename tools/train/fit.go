package main

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"herbarium/internal/arch"
	"herbarium/internal/cli"
	"herbarium/internal/fit"
	"herbarium/internal/graph"
	"herbarium/internal/net"
	"herbarium/internal/torch"
)

// fit builds the net, trains it and writes it.
func (c *command) fit(s *cli.Session, train, val *fit.Set) error {
	if err := c.check(train); err != nil {
		return err
	}
	model, err := c.build(train)
	if err != nil {
		return err
	}
	torch.Open(s.Threads())
	device, err := torch.OpenDevice(string(c.Device))
	if err != nil {
		return err
	}
	s.Record("device", device.String())
	n, err := net.New(model, net.Options{Device: device, DType: torch.F32})
	if err != nil {
		return err
	}
	defer n.Close()
	start := time.Now()
	history, err := fit.Train(n, graph.Logits, train, val, c.config(s), c.report(s, train), nil)
	if err != nil {
		return err
	}
	trained := time.Now()
	if model.Params, err = n.Export(); err != nil {
		return err
	}
	if model.Stats, err = fit.Stats(n, train); err != nil {
		return err
	}
	if model.History, err = json.Marshal(history); err != nil {
		return err
	}
	doc, err := model.Document()
	if err != nil {
		return err
	}
	s.Infof("%.0f s of training, %.0f images/s; %.0f s of statistics", trained.Sub(start).Seconds(),
		float64(c.Epochs*train.Len())/trained.Sub(start).Seconds(), time.Since(trained).Seconds())
	last := history[len(history)-1]
	if last.ValAccuracy != nil {
		s.Infof("%s on %d photos of %d classes: validation accuracy %.1f%% on %d photos, loss %.3f",
			c.Arch, train.Len(), len(train.Classes), 100**last.ValAccuracy, val.Len(), last.Loss)
	} else {
		s.Infof("%s on %d photos of %d classes: loss %.3f, accuracy %.1f%% on augmented photos",
			c.Arch, train.Len(), len(train.Classes), last.Loss, 100*last.Accuracy)
	}
	return s.Write(doc)
}

// check refuses what cannot be trained before any work is done.
func (c *command) check(train *fit.Set) error {
	if n := len(train.Classes); n < 2 {
		return cli.Hint(fmt.Errorf("the photos have %d class: a classifier needs two", n),
			"put the photos of each class into a folder of its own and name their parent to ingest")
	}
	if train.Len() < 2 {
		return fmt.Errorf("%d photo to train on after --val-share %g: at least 2 are needed", train.Len(), c.ValShare)
	}
	first, other := train.Label(0), false
	for i := range train.Len() {
		other = other || train.Label(i) != first
	}
	if !other {
		return fmt.Errorf("all photos are of class %q: a classifier needs two", train.Classes[first])
	}
	for name, bad := range map[string]bool{
		"--epochs":     c.Epochs < 1,
		"--rate":       !(c.Rate >= 0) || math.IsInf(c.Rate, 0),
		"--warmup":     !(c.WarmUp >= 0 && c.WarmUp <= 1),
		"--momentum":   !(c.Momentum >= 0 && c.Momentum < 1),
		"--decay":      !(c.Decay >= 0 && c.Decay < 1),
		"--smoothing":  !(c.Smoothing >= 0 && c.Smoothing < 1),
		"--crop-area":  !(c.CropArea > 0 && c.CropArea <= 1),
		"--brightness": !(c.Brightness >= 0 && c.Brightness < 1),
		"--contrast":   !(c.Contrast >= 0 && c.Contrast < 1),
		"--eps-steps":  c.EpsSteps < 1,
		"--val-share":  !(c.ValShare >= 0 && c.ValShare < 1),
		"--batch":      c.Batch == 1, // a batch norm of one picture of one pixel has no variance
	} {
		if bad {
			return cli.UsageErrorf("%s is out of range", name)
		}
	}
	if eps, err := fraction(c.Eps); err != nil || !(eps >= 0 && eps < 1) {
		return cli.Hint(cli.UsageErrorf("--eps %s is not in [0,1)", c.Eps), "values run from 0 to 1: for 4 of 255 steps write 4/255")
	}
	if c.DType != "f32" {
		return cli.UsageErrorf("--dtype %s: training runs in f32", c.DType)
	}
	return nil
}

// fraction reads a number, or a quotient such as 4/255.
func fraction(text string) (float64, error) {
	over, under, divided := strings.Cut(text, "/")
	v, err := strconv.ParseFloat(over, 64)
	if err != nil || !divided {
		return v, err
	}
	d, err := strconv.ParseFloat(under, 64)
	return v / d, err
}

// build is the net with its first weights.
func (c *command) build(train *fit.Set) (*graph.Net, error) {
	mean, std, err := train.Moments()
	if err != nil {
		return nil, err
	}
	in := graph.Shape{3, train.Height, train.Width}
	g, err := arch.Build(c.Arch, arch.Options{Classes: len(train.Classes), Stem: c.Stem, Mean: mean, Std: std})
	if err != nil {
		return nil, err
	}
	if err := bigEnough(g, in); err != nil {
		return nil, fmt.Errorf("%s: %w", c.Arch, err)
	}
	params, err := arch.Init(g, in, c.Seed)
	if err != nil {
		return nil, err
	}
	return &graph.Net{Graph: g, Params: params, Classes: train.Classes, Input: in, Arch: c.Arch}, nil
}

// bigEnough wants the image to reach over one position of the deepest layer at least.
func bigEnough(g *graph.Graph, in graph.Shape) error {
	rows, err := g.Table(in)
	if err != nil {
		return err
	}
	stride := 1.0
	for _, row := range rows {
		if len(row.Shape) == 3 && row.Shape[1]*row.Shape[2] > 1 {
			stride = math.Max(stride, math.Max(row.Stride[0], row.Stride[1]))
		}
	}
	if float64(min(in[1], in[2])) < stride {
		return cli.Hint(fmt.Errorf("photos of %dx%d are too small for it", in[1], in[2]),
			"make them larger with ingest --size, or take --arch resnet20, or --stem small")
	}
	return nil
}

func (c *command) config(s *cli.Session) fit.Config {
	rate := c.Rate
	if rate == 0 {
		rate = map[string]float64{"sgd": 0.1, "adamw": 0.001}[c.Optimizer]
	}
	eps, _ := fraction(c.Eps) // checked before
	return fit.Config{
		Adversary: fit.Adversary{Eps: eps, Steps: c.EpsSteps},
		Epochs:    c.Epochs, Batch: s.Batch(32), Optimizer: c.Optimizer, Rate: rate, WarmUp: c.WarmUp, Momentum: c.Momentum,
		Decay: c.Decay, Smoothing: c.Smoothing, Seed: c.Seed,
		Augment: fit.Augment{CropArea: c.CropArea, Flip: !c.NoFlip, Brightness: c.Brightness, Contrast: c.Contrast},
	}
}

// report shows each step on the progress bar.
func (c *command) report(s *cli.Session, train *fit.Set) func(fit.Step) {
	var bar *cli.Progress
	loss, accuracy := 0.0, 0.0 // running means over about 20 steps
	return func(step fit.Step) {
		if bar == nil {
			bar = s.Progress(step.Total*step.Photos, "photos")
			loss, accuracy = step.Loss, step.Accuracy
		}
		loss += (step.Loss - loss) / 20
		accuracy += (step.Accuracy - accuracy) / 20
		bar.Suffix("epoch %d/%d loss %.3f accuracy %.0f%%", step.Epoch, c.Epochs, loss, 100*accuracy)
		bar.Add(step.Photos)
		if step.Done == step.Total {
			bar.Done()
		}
	}
}
