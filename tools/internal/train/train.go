package train

import (
	"fmt"

	"herbarium/format"
	"herbarium/internal/cli"
	"herbarium/internal/fit"
	"herbarium/internal/graph"
	"herbarium/internal/images"
	"herbarium/internal/training"
	"herbarium/tools/internal/compute"
)

// Train reads the photos, trains a net and writes it. The net is that of --init, or else what fresh makes for the photos
// that are left after those for validation have been set apart.
func (f *Flags) Train(s *cli.Session, fresh func(photos *fit.Set) (*graph.Net, error)) error {
	if err := f.check(); err != nil {
		return err
	}
	photos := fit.NewSet(nil)
	defer photos.Close()
	if err := s.Each(photos.Handler()); err != nil {
		return err
	}
	if err := s.Require(photos.Len(), "labeled photos"); err != nil {
		return err
	}
	if err := training.CheckClasses(photos); err != nil {
		return err
	}
	var model *graph.Net
	if f.Init != "" {
		var err error
		if model, err = f.tuned(s, photos); err != nil {
			return err
		}
	}
	train, val, err := f.split(s, photos)
	if err != nil {
		return err
	}
	defer val.Close()
	if err := training.CheckTraining(train); err != nil {
		return err
	}
	if f.Init == "" {
		if model, err = fresh(train); err != nil {
			return err
		}
	}
	return f.run(s, model, train, val)
}

// run trains a net and writes it.
func (f *Flags) run(s *cli.Session, model *graph.Net, train, val *fit.Set) error {
	on, err := compute.Open(s, &f.Processor, f.DType)
	if err != nil {
		return err
	}
	job := training.Job{Model: model, Train: train, Val: val, Config: f.config(s.Batch(32)), Net: on, Progress: s.Progress, Infof: s.Infof}
	if f.Freeze != "" {
		if job.Config.Frozen, err = training.Frozen(model.Graph, f.Freeze); err != nil {
			return fmt.Errorf("--freeze: %w", err)
		}
	}
	if f.Checkpoint != "" {
		job.Checkpoint = &training.Checkpoint{Path: f.Checkpoint, Settings: f.settings(s), Save: s.Save}
	}
	if err := job.Run(); err != nil {
		return err
	}
	doc, err := model.Document()
	if err != nil {
		return err
	}
	return s.Write(doc)
}

// settings are those that decide the net, with the values that they took effect with. Files are left out: a checkpoint
// compares what is in them.
func (f *Flags) settings(s *cli.Session) map[string]string {
	out := s.Settings()
	delete(out, "--init")
	delete(out, "--val")
	out["--seed"] = fmt.Sprint(f.Seed)
	out["version of train"] = cli.Version
	return out
}

// tuned is the net of --init, for photos that get its classes.
func (f *Flags) tuned(s *cli.Session, photos *fit.Set) (*graph.Net, error) {
	model, err := cli.ReadNet(s, f.Init, func(d *format.Document) (*graph.Net, error) {
		from, err := graph.FromDocument(d)
		if err != nil {
			return nil, err
		}
		return fit.FineTune(from, photos.Shape(), photos.Classes, f.Seed)
	})
	if err != nil {
		return nil, err
	}
	return model, photos.Adopt(model.Classes)
}

// split sets validation photos apart, or reads them.
func (f *Flags) split(s *cli.Session, photos *fit.Set) (train, val *fit.Set, err error) {
	if f.Val == "" {
		train, val = photos.Split(f.ValShare, f.Seed)
		return train, val, nil
	}
	val = fit.NewSet(photos.Classes)
	if err := s.ReadFile(f.Val, val.Handler()); err != nil {
		val.Close()
		return nil, nil, err
	}
	if val.Len() > 0 {
		if err := images.CheckColors(val.Channels, photos.Channels); err != nil {
			val.Close()
			return nil, nil, fmt.Errorf("--val: %w", err)
		}
	}
	return photos, val, nil
}
