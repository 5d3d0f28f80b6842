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

	"herbarium/internal/ascend"
	"herbarium/internal/cli"
	"herbarium/internal/objective"
	"herbarium/tools/internal/visualize"
)

//go:embed main.go
var manual string

type command struct {
	visualize.FromPhotos
	Strength    float64 `default:"0" range:"[0,)" placeholder:"G" help:"A picture is done when its gain reaches G; 0 takes all --steps (${default})."`
	Cosine      float64 `default:"2" range:"[0,)" placeholder:"P" help:"Power of the cosine that keeps to what the layer saw; 0 lets it add other things (${default})."`
	Octaves     int     `default:"1" range:"[1,)" placeholder:"N" help:"Sizes at which the picture is made, one after the other (${default})."`
	OctaveScale float64 `default:"1.4" range:"(1,4]" placeholder:"F" help:"How much larger each octave is than the one before (${default})."`
}

func main() { cli.Main("caricature", manual, &command{}) }

// Defaults are those that gave the best pictures; see docs/looking.md.
func (*command) Defaults() map[string]string {
	return visualize.Defaults(map[string]string{"steps": "64", "rate": "0.05", "jitter": "auto", "scale": "0.05", "rotate": "3"})
}

// Run exaggerates the photos that come.
func (c *command) Run(s *cli.Session) error {
	return c.MakePictures(s, visualize.Method{
		Objective: ascend.Target(objective.Caricature(c.Cosine)), Measures: []string{objective.MeasureGain, objective.MeasureCosine}, StopGain: c.Strength,
		FromPhoto: true, Octaves: c.Octaves, OctaveScale: c.OctaveScale,
	})
}
