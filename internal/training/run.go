// Package training is what every tool that trains does: flags, photos, the loop of internal/fit with its progress and
// checkpoints, and the net that comes out.
package training

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"herbarium/internal/cli"
	"herbarium/internal/fit"
	"herbarium/internal/graph"
	"herbarium/internal/net"
	"herbarium/internal/progress"
	"herbarium/internal/torch"
)

// Train reads the photos, trains a net and writes it. The net is that of --init, or else what fresh makes for the photos
// that are left after those for validation have been set apart.
func (c *Flags) Train(s *cli.Session, fresh func(photos *fit.Set) (*graph.Net, error)) error {
	if err := c.check(); err != nil {
		return err
	}
	photos := fit.NewSet(nil)
	defer photos.Close()
	if err := s.Each(photos.Handler()); err != nil {
		return err
	}
	if err := s.Require(photos.Len(), "labelled photos"); err != nil {
		return err
	}
	return c.fit(s, photos, fresh)
}

// fit makes the net, trains it and writes it.
func (c *Flags) fit(s *cli.Session, photos *fit.Set, fresh func(*fit.Set) (*graph.Net, error)) error {
	distinct := len(photos.Classes)
	if distinct < 2 {
		return c.checkPhotos(photos, distinct)
	}
	var model *graph.Net
	if c.Init != "" {
		var err error
		if model, err = c.tuned(s, photos); err != nil {
			return err
		}
	}
	train, val, err := c.split(s, photos)
	if err != nil {
		return err
	}
	defer val.Close()
	if err := c.checkPhotos(train, distinct); err != nil {
		return err
	}
	if c.Init == "" {
		if model, err = fresh(train); err != nil {
			return err
		}
	}
	torch.Open(s.Threads())
	device, err := torch.OpenDevice(string(c.Device))
	if err != nil {
		return err
	}
	s.Record("device", device.String())
	config := c.config(s)
	if config.Frozen, err = c.frozen(model.Graph); err != nil {
		return err
	}
	n, err := net.New(model, net.Options{Device: device, DType: torch.F32})
	if err != nil {
		return err
	}
	defer n.Close()
	watch, err := c.watch(s, model, train, val)
	if err != nil {
		return err
	}
	start := time.Now()
	history, err := fit.Train(n, graph.Logits, train, val, config, watch)
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
	s.Infof("%.0f s of training, %.0f s of statistics", trained.Sub(start).Seconds(), time.Since(trained).Seconds())
	s.Infof("%s on %d photos of %d classes: %s", model.Arch, train.Len(), len(train.Classes), summary(history, val))
	return s.Write(doc)
}

// split sets validation photos apart, or reads them.
func (c *Flags) split(s *cli.Session, photos *fit.Set) (train, val *fit.Set, err error) {
	if c.Val == "" {
		train, val = photos.Split(c.ValShare, c.Seed)
		return train, val, nil
	}
	val = fit.NewSet(photos.Classes)
	if err := s.ReadFile(c.Val, val.Handler()); err != nil {
		val.Close()
		return nil, nil, err
	}
	return photos, val, nil
}

// config is what the flags say to the loop.
func (c *Flags) config(s *cli.Session) fit.Config {
	rate := c.Rate
	if rate == 0 {
		rate = map[string]float64{"sgd": 0.1, "adamw": 0.001}[c.Optimizer]
		if c.Init != "" {
			rate /= 10
		}
	}
	return fit.Config{
		Epochs: c.Epochs, Batch: s.Batch(32), Optimizer: c.Optimizer, Rate: rate, WarmUp: c.WarmUp, Momentum: c.Momentum,
		Decay: c.Decay, Smoothing: c.Smoothing, Balance: c.Balance, Best: c.Keep == "best", Seed: c.Seed,
		Augment:   fit.Augment{CropArea: c.CropArea, Flip: !c.NoFlip, Brightness: c.Brightness, Contrast: c.Contrast, CutMix: c.CutMix},
		Adversary: c.adversary(),
	}
}

// watch shows progress, and with --checkpoint goes on from it and saves it.
func (c *Flags) watch(s *cli.Session, model *graph.Net, train, val *fit.Set) (fit.Watch, error) {
	w := fit.Watch{Step: c.report(s)}
	if c.Checkpoint == "" {
		return w, nil
	}
	run, err := c.run(s, model, map[string]*fit.Set{"photos": train, "validation photos": val})
	if err != nil {
		return w, err
	}
	w.Save = func(state *fit.State) error {
		return s.Save(c.Checkpoint, func(to io.Writer) error { return fit.WriteCheckpoint(to, model, run, state) })
	}
	f, err := os.Open(c.Checkpoint)
	if errors.Is(err, fs.ErrNotExist) {
		return w, nil
	}
	if err != nil {
		return w, err
	}
	defer f.Close()
	if w.Resume, err = fit.ReadCheckpoint(f, model, run); err != nil {
		return w, cli.Hint(fmt.Errorf("--checkpoint %s: %w", c.Checkpoint, err), "remove the file to start anew, or name another")
	}
	s.Infof("goes on after epoch %d, step %d in all", len(w.Resume.History), w.Resume.Steps)
	return w, nil
}

// summary says how good the net is that was kept.
func summary(history []fit.Epoch, val *fit.Set) string {
	line := history[len(history)-1]
	text := ""
	for _, e := range history {
		if e.Kept {
			line, text = e, fmt.Sprintf("epoch %d: ", e.Epoch)
		}
	}
	if line.ValAccuracy == nil {
		return text + fmt.Sprintf("loss %.3f, accuracy %.1f%% on augmented photos", line.Loss, 100*line.Accuracy)
	}
	text += fmt.Sprintf("validation accuracy %.1f%% on %d photos, loss %.3f", 100**line.ValAccuracy, val.Len(), line.Loss)
	if line.ValAdversarial != nil {
		text += fmt.Sprintf("; accuracy %.1f%% under attack", 100**line.ValAdversarial)
	}
	return text
}

// report shows each step on the progress bar.
func (c *Flags) report(s *cli.Session) func(fit.Step) {
	var bar progress.Bar
	loss, accuracy := 0.0, 0.0 // running means over about 20 steps
	return func(step fit.Step) {
		if bar == nil {
			bar = s.Progress(step.Total*step.Photos, "photos")
			bar.Add((step.Done - 1) * step.Photos)
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
