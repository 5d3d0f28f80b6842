// Package visualize is what the programs maxact, caricature and invert share: flags that say how pictures are made, and the
// way from a stream of photos to a stream of pictures.
package visualize

import (
	"maps"

	"herbarium/internal/ascend"
	"herbarium/internal/cli"
	"herbarium/internal/errs"
	"herbarium/internal/look"
	"herbarium/internal/optimize"
	"herbarium/tools/internal/compute"
)

// Flags say how pictures are made. Their defaults are the tool's: see [Defaults].
type Flags struct {
	Canvas     string        `enum:"fourier,phase,pixel" default:"${canvas}" placeholder:"NAME" group:"look" help:"What changes: a spectrum (fourier), its phases alone, with the magnitudes of photos (phase), or pixels (${canvas})."`
	Steps      int           `default:"${steps}" range:"[1,)" placeholder:"N" group:"look" help:"Steps of Adam (${steps})."`
	Rate       optimize.Ramp `default:"${rate}" placeholder:"R" group:"look" help:"Step size, or FROM:TO, changing over the run (${rate})."`
	Jitter     Jitter        `default:"${jitter}" placeholder:"PX" group:"look" help:"Each step sees the picture moved by up to PX pixels; auto is a quarter of the layer's stride, at least 1 (${jitter})."`
	Scale      float64       `default:"${scale}" range:"[0,1)" placeholder:"SHARE" group:"look" help:"Each step sees it scaled by up to this share (${scale})."`
	Rotate     float64       `default:"${rotate}" range:"[0,180]" placeholder:"DEG" group:"look" help:"Each step sees it turned by up to DEG degrees (${rotate})."`
	Crop       float64       `default:"1" range:"(0,1]" placeholder:"SHARE" group:"look" help:"Each step sees a part of it, of at least this share of its area, enlarged (${default}: all)."`
	Flip       bool          `group:"look" help:"Each step sees it as it is or mirrored."`
	Pad        float64       `default:"0" range:"[0,)" placeholder:"PX" group:"look" help:"Each step sees it in a gray frame of PX pixels (${default})."`
	Settle     int           `default:"${settle}" range:"[0,)" placeholder:"N" group:"look" help:"The last N steps see it as it is (${settle})."`
	TV         optimize.Ramp `name:"tv" default:"${tv}" placeholder:"W" group:"look" help:"Weight of total variation, or FROM:TO: neighbors alike (${tv})."`
	AlphaNorm  optimize.Ramp `default:"${alphanorm}" placeholder:"W" group:"look" help:"Weight of the alpha-norm, or FROM:TO: no extreme colors (${alphanorm})."`
	Statistics optimize.Ramp `default:"${statistics}" placeholder:"W" group:"look" help:"Weight of batch norms' statistics, or FROM:TO: activations with the mean and variance that photos have (${statistics})."`
	Bound      bool          `group:"look" help:"No pixel far from the mean color (only --canvas pixel)."`
	Randomize  []string      `name:"randomize-weights" placeholder:"LAYER" group:"look" help:"Also draw each picture with the weights of these layers, or of all, drawn anew: a control that should look like nothing."`
	Snapshots  int           `default:"0" range:"[0,)" placeholder:"K" group:"look" help:"Also write K pictures on the way to each, closer together at the start (${default})."`
	Log        string        `placeholder:"FILE" prov:"-" group:"look" help:"Write what each step measured to FILE, as lines of JSON."`
}

// Defaults are those of a tool, by the names of the flags; flags it leaves out are switched off.
func Defaults(own map[string]string) map[string]string {
	out := map[string]string{"canvas": "fourier", "steps": "256", "rate": "0.05", "jitter": "0", "scale": "0", "rotate": "0",
		"settle": "0", "tv": "0", "alphanorm": "0", "statistics": "0"}
	maps.Copy(out, own)
	return out
}

// check refuses flags that contradict each other.
func (f *Flags) check() error {
	switch {
	case !(f.Rate.From > 0):
		return errs.Usagef("--rate must be more than 0")
	case f.Snapshots >= f.Steps:
		return errs.Usagef("--snapshots must be less than --steps")
	case f.Bound && f.Canvas != "pixel":
		return errs.Usagef("--bound moves pixels: it needs --canvas pixel")
	}
	return nil
}

// Open checks the flags, opens the device and returns the options that the flags stand for; the tool adds its objective.
// It must come before anything is written, also before a net is passed on: the device and the batch go into the record of
// the command.
func (f *Flags) Open(s *cli.Session, c *cli.Compute) (look.Options, error) {
	if err := f.check(); err != nil {
		return look.Options{}, err
	}
	where, err := compute.Open(s, &c.Processor, c.DType)
	if err != nil {
		return look.Options{}, err
	}
	o := look.Options{
		Net: where, Batch: s.Batch(where.Batch(5, 16)), Canvas: f.Canvas, AutoJitter: f.Jitter.Auto, Progress: s.Progress,
		Ascent: ascend.Config{
			Steps: f.Steps, Rate: f.Rate, Seed: c.Seed, Settle: f.Settle, Snapshots: f.Snapshots,
			Transform: ascend.Transform{Jitter: f.Jitter.Pixels, Scale: f.Scale, Rotate: f.Rotate, Crop: f.Crop, Flip: f.Flip, Pad: f.Pad},
			Priors:    ascend.Priors{AlphaNorm: f.AlphaNorm, Variation: f.TV, Moments: f.Statistics, Bound: f.Bound},
		},
	}
	if f.Log != "" {
		o.Log = &look.Log{}
	}
	return o, nil
}

// WriteLog writes what the options' log has collected, where --log asks for it.
func (f *Flags) WriteLog(s *cli.Session, o look.Options) error {
	if o.Log == nil {
		return nil
	}
	return s.WriteFile(f.Log, o.Log.Write)
}
