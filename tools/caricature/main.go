// Caricature exaggerates what a layer of a net sees in a photo: starting from the photo, it changes it until the layer
// says more of what it said of the photo, and nothing else (Olah et al. 2017; Carter et al. 2019).
//
//	ingest rose.jpg --for flowers.st.zst | caricature --net flowers.st.zst --layer layer2 --layer layer3 --photo | montage --rows name -o seen.png
//	cat flowers.st.zst photos.st.zst | caricature --layer layer3 --octaves 4 --strength 3 | montage -o dream.png
//
// The net comes from --net or, before the photos, from standard input. A layer may be a part of one: LAYER:CHANNEL, or
// LAYER@Y,X for one position. Without --layer, every stage of the net is shown.
//
// With --octaves the picture is made small first, then larger by --octave-scale each time, so that large features are
// exaggerated, too. The last is the photo's size.
//
// Each picture carries gain, which is how many times as strongly as the photo it shows what the layer saw (<f, r>/|r|^2 with r the
// positive part of the photo's activations), the cosine between its activations and the photo's, and the distance from the
// photo (psnr in dB). All are measured on the 8-bit picture. The photo itself is the tensor source.
package main

import (
	_ "embed"
	"math"

	"herbarium/internal/ascend"
	"herbarium/internal/cli"
	"herbarium/internal/errs"
	"herbarium/internal/look"
	"herbarium/internal/objective"
)

//go:embed main.go
var manual string

type command struct {
	cli.IO
	cli.Compute
	cli.Net
	look.Flags
	look.Match
	Strength    float64 `default:"0" placeholder:"G" help:"A picture is done when its gain reaches G; 0 takes all --steps (0)."`
	Cosine      float64 `default:"2" placeholder:"P" help:"Power of the cosine that keeps to what the layer saw; 0 lets it add other things (2)."`
	Octaves     int     `default:"1" placeholder:"N" help:"Sizes at which the picture is made, one after the other (1)."`
	OctaveScale float64 `default:"1.4" placeholder:"F" help:"How much larger each octave is than the one before (1.4)."`
}

func main() { cli.Main("caricature", manual, &command{}) }

// Defaults are those that gave the best pictures; see docs/looking.md.
func (*command) Defaults() map[string]string {
	return look.Defaults(map[string]string{"steps": "64", "rate": "0.05", "jitter": "auto", "scale": "0.05", "rotate": "3"})
}

// Run exaggerates the photos that come.
func (c *command) Run(s *cli.Session) error {
	switch {
	case !(c.Strength >= 0) || math.IsInf(c.Strength, 0):
		return errs.Usagef("--strength must be at least 0")
	case !(c.Cosine >= 0) || math.IsInf(c.Cosine, 0):
		return errs.Usagef("--cosine must be at least 0")
	case c.Octaves < 1 || !(c.OctaveScale > 1 && c.OctaveScale <= 4):
		return errs.Usagef("--octaves must be at least 1 and --octave-scale above 1 and at most 4")
	}
	return c.Match.Run(s, &c.Flags, &c.Compute, c.Net, look.Options{
		Objective: ascend.Target(objective.Caricature(c.Cosine)), Matching: true, Measures: []string{"gain", "cosine"}, FromPhoto: true,
		StopGain: c.Strength, Octaves: c.Octaves, OctaveScale: c.OctaveScale,
	})
}
