// Train fits a classifier to labeled photos and writes it as one net document that
// carries its own graph, weights, classes, normalization, history and statistics.
//
//	ingest --size 96 photos/train | train --arch resnet18 --epochs 50 -o flowers.st.zst
//	ingest --size 96 photos/train | train --init flowers.st.zst --freeze layer4 -o mine.st.zst
//	ingest --synthetic 2400 | train --arch resnet20 | maxact --unit logits:daisy | montage -o daisy.png
//
// Photos come from standard input, in documents of kind images that all have one size. More than 256 MiB of them go
// to a temporary file ($TMPDIR, else /var/tmp). A tenth of each class is held out for validation unless --val or
// --val-share says otherwise. Training photos are varied at random: cropped, mirrored, made brighter or darker. The
// same command with the same --seed, --threads and --batch gives the same net.
//
// --init trains a net on that exists. Classes are matched by name: if they are the net's, in whatever order, the net
// stays what it is; if not, its last layer gets new weights, except for the classes that it knew. --freeze LAYER leaves
// that layer, and all that it is computed from, as they are, and computes no gradients there: with the layer below the
// last one it is a linear probe.
//
// --adversarial makes photos harder along the net's own gradient (fgsm takes one step, pgd several), which makes nets
// whose units people understand better. Validation then also says how often the net is right on such photos.
//
// --keep best writes the net of the epoch that was best on the validation photos: by its accuracy, on harder photos if
// there are any, then by its loss. As the rate falls to zero the last epoch is mostly as good, and its score is not the
// largest of many: so last is the default. The history says which epoch was kept.
//
// --checkpoint FILE saves at the end of an epoch, and every ten minutes, all that is needed to go on. The same command
// goes on from FILE if it is there, and ends with the same bytes as if it had never been stopped; with other flags or
// photos it is an error. FILE is a stream whose first document is the net so far. It stays: remove it at the end.
package main

import (
	_ "embed"

	"herbarium/internal/cli"
	"herbarium/internal/errs"
	"herbarium/tools/internal/train"
)

//go:embed main.go
var manual string

type command struct {
	cli.IO
	Arch string `placeholder:"NAME" help:"Architecture: resnet20, 32, 44, 56 for small images; resnet18, 34, 50 (resnet20)."`
	Stem string `help:"First layers of resnet18, 34, 50: large (7x7 and pooling) or small (3x3), for images below about 64 pixels (large)."`
	train.Flags
}

func main() { cli.Main("train", manual, &command{}) }

// Run reads the photos, trains and writes the net.
func (c *command) Run(s *cli.Session) error {
	if c.Init != "" && (c.Arch != "" || c.Stem != "") {
		return errs.Usagef("--init brings a net of its own: --arch and --stem do not go with it")
	}
	return c.Train(s, c.fresh)
}
