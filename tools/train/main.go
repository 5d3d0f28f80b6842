// Train fits a classifier to labelled photos and writes it as one net document that
// carries its own graph, weights, classes, normalization, history and statistics.
//
//	ingest --size 96 photos/train | train --arch resnet18 --epochs 50 -o flowers.st.zst
//	ingest --synthetic 2400 | train --arch resnet20 | maxact --unit logits:daisy | montage -o daisy.png
//
// Photos come from standard input, in documents of kind images that all have one size.
// A tenth of each class is held out for validation unless --val or --val-share says
// otherwise. Training photos are varied at random: cropped, mirrored, made brighter or
// darker; with --eps they are also made harder along the net's own gradient, which makes nets whose units
// people understand better. The same command with the same --seed, --threads and --batch gives the same net.
package main

import (
	_ "embed"

	"herbarium/internal/cli"
	"herbarium/internal/fit"
)

//go:embed main.go
var manual string

type command struct {
	cli.IO
	cli.Compute
	Arch       string  `default:"resnet20" placeholder:"NAME" help:"Architecture: resnet20, 32, 44, 56 for small images; resnet18, 34, 50 (resnet20)."`
	Stem       string  `help:"First layers of resnet18, 34, 50: large (7x7 and pooling) or small (3x3), for images below about 64 pixels (large)."`
	Epochs     int     `default:"30" help:"Passes over the training photos (30)."`
	Optimizer  string  `enum:"sgd,adamw" default:"sgd" help:"sgd (with Nesterov momentum) or adamw (sgd)."`
	Rate       float64 `default:"0" placeholder:"R" help:"Peak learning rate; 0 is 0.1 for sgd and 0.001 for adamw."`
	WarmUp     float64 `name:"warmup" default:"0.1" placeholder:"SHARE" help:"Share of all steps in which the rate rises; then it falls along a cosine (0.1)."`
	Momentum   float64 `default:"0.9" help:"Momentum of sgd (0.9)."`
	Decay      float64 `default:"0.0005" help:"Weight decay, not on norms and biases (0.0005)."`
	Smoothing  float64 `default:"0.1" help:"Label smoothing (0.1)."`
	CropArea   float64 `default:"0.5" placeholder:"SHARE" help:"Smallest share of a photo's area that a random crop keeps; 1 does not crop (0.5)."`
	NoFlip     bool    `help:"Do not mirror photos."`
	Brightness float64 `default:"0.2" help:"Random change of brightness (0.2)."`
	Contrast   float64 `default:"0.2" help:"Random change of contrast (0.2)."`
	Eps        string  `default:"0" help:"Adversarial training: photos are made worse by up to EPS in every value, such as 4/255 (0: not)."`
	EpsSteps   int     `default:"1" placeholder:"K" help:"Gradient steps that make a photo worse (1)."`
	Val        string  `placeholder:"FILE" help:"Validation photos, a stream of images."`
	ValShare   float64 `default:"0.1" placeholder:"SHARE" help:"Share of each class held out for validation without --val (0.1)."`
}

func main() { cli.Main("train", manual, &command{}) }

// Run reads the photos, trains and writes the net.
func (c *command) Run(s *cli.Session) error {
	photos := fit.NewSet(nil)
	defer photos.Close()
	if err := s.Each(photos.Handler()); err != nil {
		return err
	}
	if err := s.Require(photos.Len(), "labelled photos"); err != nil {
		return err
	}
	share := c.ValShare
	if c.Val != "" {
		share = 0
	}
	train, val := photos.Split(share, c.Seed)
	if c.Val != "" {
		val = fit.NewSet(photos.Classes)
		defer val.Close()
		if err := s.ReadFile(c.Val, val.Handler()); err != nil {
			return err
		}
	}
	return c.fit(s, train, val)
}
