// Invert rebuilds photos from what layers of a net remember of them: it changes a picture until the layer answers to it
// as it did to the photo (Mahendran and Vedaldi 2015). What the layer forgot is free, and comes out as the priors like it.
//
//	ingest rose.jpg --for flowers.st.zst | invert --net flowers.st.zst --layer layer1 --layer layer4 --photo | montage --rows name -o remembered.png
//	cat flowers.st.zst photos.st.zst | invert --layer layer3 --seeds 4 | montage -o ambiguous.png
//
// The net comes from --net or, before the photos, from standard input. A layer may be a part of one,
// LAYER:CHANNEL or LAYER@Y,X. Without --layer, every stage of the net is inverted, and the logits.
//
// Each picture carries, measured on the 8-bit picture: error, by layer, which is |f - f0|/|f0| for the layer's activations f of the
// picture and f0 of the photo; error_between, which is |f - f0| over the mean distance between different photos' activations (the
// normalization of their CVPR paper), if the net knows it; psnr in dB; and the total variation beside the photo's (variation,
// source_variation). The photo itself is the tensor source.
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
}

func main() { cli.Main("invert", manual, &command{}) }

// Defaults are those that gave the best pictures; see docs/looking.md.
func (*command) Defaults() map[string]string {
	return visualize.Defaults(map[string]string{"canvas": "pixel", "steps": "400", "rate": "0.1:0.002", "tv": "0.02:0.0001"})
}

// beta2 of Adam: the error falls by orders of magnitude within the run, and with it the gradient. On the CIFAR ResNet-20,
// layer2 ended at 10.0% with 0.9, 10.8% with 0.99 and 11.3% with 0.999 (median of 6 photos, otherwise alike).
const beta2 = 0.9

// nonSpatialTV: what has forgotten all positions, such as the logits, is matched by pictures far smoother than the photo, and
// total variation stands in the way: the CIFAR ResNet-20's logits end at 0.85% with 1, at 0.65% with a half (median of 20
// photos, whose pictures have 0.11 and 0.15 of the photos' variation).
const nonSpatialTV = 0.5

// Run inverts the photos that come.
func (c *command) Run(s *cli.Session) error {
	return c.MakePictures(s, visualize.Method{
		Objective: ascend.Target(objective.Inversion), Measures: []string{objective.MeasureError}, Beta2: beta2, NonSpatialTV: nonSpatialTV, Octaves: 1,
	})
}
