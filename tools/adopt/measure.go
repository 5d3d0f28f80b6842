package main

import (
	"fmt"

	"herbarium/internal/cli"
	"herbarium/internal/errs"
	"herbarium/internal/fit"
	"herbarium/internal/graph"
	"herbarium/internal/images"
	"herbarium/internal/net"
	"herbarium/tools/internal/compute"
)

// measure fills the net's statistics from the images of --stats.
func (c *command) measure(s *cli.Session, model *graph.Net) error {
	photos := fit.NewSet(nil)
	defer photos.Close()
	if err := s.ReadFile(c.Stats, photos.Handler()); err != nil {
		return err
	}
	if photos.Len() == 0 {
		return fmt.Errorf("%s holds no images", c.Stats)
	}
	if err := images.CheckColors(photos.Channels, model.Input[0]); err != nil {
		return fmt.Errorf("%s: %w", c.Stats, err)
	}
	if photos.Height != model.Input[1] || photos.Width != model.Input[2] {
		return errs.Hint(fmt.Errorf("%s holds images of %dx%d, the net sees %dx%d", c.Stats,
			photos.Height, photos.Width, model.Input[1], model.Input[2]), "prepare them: ingest --size %d", model.Input[1])
	}
	options, err := compute.Open(s, &c.Processor, "f32")
	if err != nil {
		return err
	}
	n, err := net.New(model, options)
	if err != nil {
		return err
	}
	defer n.Close()
	model.Stats, err = fit.Stats(n, photos)
	return err
}
