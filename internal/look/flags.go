// Package look is what maxact, caricature and invert share: their flags, the net that they look into, photos that
// come in and pictures that go out.
package look

import (
	"math"

	"herbarium/internal/ascend"
	"herbarium/internal/cli"
	"herbarium/internal/optimize"
)

// Flags say how pictures are made. Their defaults are the tool's: see [Defaults].
type Flags struct {
	Canvas     string        `enum:"fourier,phase,pixel" default:"${canvas}" placeholder:"NAME" group:"look" help:"What changes: a spectrum (fourier), its phases alone, with the magnitudes of photos (phase), or pixels (${canvas})."`
	Steps      int           `default:"${steps}" placeholder:"N" group:"look" help:"Steps of Adam (${steps})."`
	Rate       optimize.Ramp `default:"${rate}" placeholder:"R" group:"look" help:"Step size, or FROM:TO, changing over the run (${rate})."`
	Jitter     string        `default:"${jitter}" placeholder:"PX" group:"look" help:"Each step sees the picture moved by up to PX pixels; auto is a quarter of the layer's stride, at least 1 (${jitter})."`
	Scale      float64       `default:"${scale}" placeholder:"SHARE" group:"look" help:"Each step sees it scaled by up to this share (${scale})."`
	Rotate     float64       `default:"${rotate}" placeholder:"DEG" group:"look" help:"Each step sees it turned by up to DEG degrees (${rotate})."`
	Crop       float64       `default:"1" placeholder:"SHARE" group:"look" help:"Each step sees a part of it, of at least this share of its area, enlarged (1: all)."`
	Flip       bool          `group:"look" help:"Each step sees it as it is or mirrored."`
	Pad        float64       `default:"0" placeholder:"PX" group:"look" help:"Each step sees it in a gray frame of PX pixels (0)."`
	Settle     int           `default:"${settle}" placeholder:"N" group:"look" help:"The last N steps see it as it is (${settle})."`
	TV         optimize.Ramp `name:"tv" default:"${tv}" placeholder:"W" group:"look" help:"Weight of total variation, or FROM:TO: neighbors alike (${tv})."`
	AlphaNorm  optimize.Ramp `default:"${alphanorm}" placeholder:"W" group:"look" help:"Weight of the alpha-norm, or FROM:TO: no extreme colors (${alphanorm})."`
	Statistics optimize.Ramp `default:"${statistics}" placeholder:"W" group:"look" help:"Weight of batch norms' statistics, or FROM:TO: activations with the mean and variance that photos have (${statistics})."`
	Bound      bool          `group:"look" help:"No pixel far from the mean color (only --canvas pixel)."`
	Randomize  []string      `name:"randomize-weights" placeholder:"LAYER" group:"look" help:"Also draw each picture with the weights of these layers, or of all, drawn anew: a control that should look like nothing."`
	Snapshots  int           `default:"0" placeholder:"K" group:"look" help:"Also write K pictures on the way to each (0)."`
	Log        string        `placeholder:"FILE" prov:"-" group:"look" help:"Write what each step measured to FILE, as lines of JSON."`
}

// Defaults are those of a tool, by the names of the flags; flags it leaves out are switched off.
func Defaults(own map[string]string) map[string]string {
	out := map[string]string{"canvas": "fourier", "steps": "256", "rate": "0.05", "jitter": "0", "scale": "0", "rotate": "0",
		"settle": "0", "tv": "0", "alphanorm": "0", "statistics": "0"}
	for k, v := range own {
		out[k] = v
	}
	return out
}

// Check refuses numbers that make no picture.
func (f *Flags) Check() error {
	if _, _, err := f.jitter(); err != nil {
		return err
	}
	for _, c := range []struct {
		flag string
		good bool
		want string
	}{
		{"--steps", f.Steps >= 1, "at least 1"},
		{"--rate", f.Rate.From > 0, "above 0"},
		{"--scale", f.Scale >= 0 && f.Scale < 1, "from 0 to below 1"},
		{"--rotate", f.Rotate >= 0 && f.Rotate <= 180, "from 0 to 180"},
		{"--crop", f.Crop > 0 && f.Crop <= 1, "above 0 and at most 1"},
		{"--pad", f.Pad >= 0 && !math.IsInf(f.Pad, 0), "at least 0"},
		{"--settle", f.Settle >= 0, "at least 0"},
		{"--snapshots", f.Snapshots >= 0 && f.Snapshots < max(f.Steps, 1), "from 0 to less than --steps"},
	} {
		if !c.good {
			return cli.UsageErrorf("%s must be %s", c.flag, c.want)
		}
	}
	if f.Bound && f.Canvas != "pixel" {
		return cli.UsageErrorf("--bound moves pixels: it needs --canvas pixel")
	}
	return nil
}

// transform is what a step sees, for a layer with that stride.
func (f *Flags) transform(stride float64) ascend.Transform {
	jitter, auto, _ := f.jitter()
	if auto {
		jitter = math.Max(math.Round(stride/4), 1)
	}
	return ascend.Transform{Jitter: jitter, Scale: f.Scale, Rotate: f.Rotate, Crop: f.Crop, Flip: f.Flip, Pad: f.Pad}
}
