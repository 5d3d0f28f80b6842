// Package train is what the programs train and topdown share: the flags of training, and the way from a stream of photos
// to a net.
package train

import (
	"herbarium/internal/cli"
	"herbarium/internal/errs"
	"herbarium/internal/fit"
	"herbarium/internal/radius"
)

// Flags are those of every tool that trains.
type Flags struct {
	cli.Compute
	Init        string      `placeholder:"NET" help:"Start from the net in this file."`
	Freeze      string      `placeholder:"LAYER" help:"With --init: do not train LAYER and what comes before it."`
	Epochs      int         `default:"30" range:"[1,)" help:"Passes over the training photos (${default})."`
	Optimizer   string      `enum:"sgd,adamw" default:"sgd" help:"sgd (with Nesterov momentum) or adamw (${default})."`
	Rate        float64     `default:"0" range:"[0,)" placeholder:"R" help:"Peak learning rate; 0 is 0.1 for sgd and 0.001 for adamw, with --init a tenth of it."`
	WarmUp      float64     `name:"warmup" default:"0.1" range:"[0,1]" placeholder:"SHARE" help:"Share of all steps in which the rate rises; then it falls along a cosine (${default})."`
	Momentum    float64     `default:"0.9" range:"[0,1)" help:"Momentum of sgd (${default})."`
	Decay       float64     `default:"0.0005" range:"[0,1)" help:"Weight decay, not on norms and biases (${default})."`
	Smoothing   float64     `default:"0.1" range:"[0,1)" help:"Label smoothing (${default})."`
	Balance     bool        `help:"Weigh each photo by the inverse of how many its class has."`
	CropArea    float64     `default:"0.5" range:"(0,1]" placeholder:"SHARE" help:"Smallest share of a photo's area that a random crop keeps; 1 does not crop (${default})."`
	NoFlip      bool        `help:"Do not mirror photos."`
	Brightness  float64     `default:"0.2" range:"[0,1)" help:"Random change of brightness (${default})."`
	Contrast    float64     `default:"0.2" range:"[0,1)" help:"Random change of contrast (${default})."`
	CutMix      float64     `name:"cutmix" default:"0" range:"[0,1]" placeholder:"SHARE" help:"Share of photos that a rectangle of another photo is cut into, which then counts for its part of the label (${default})."`
	Adversarial string      `enum:",fgsm,pgd" default:"" placeholder:"ATTACK" help:"Train on photos made harder by fgsm or pgd."`
	Eps         *radius.Eps `placeholder:"EPS" help:"How far --adversarial moves a value, of 0 to 1, at most (4/255)."`
	Steps       int         `default:"0" range:"[0,)" placeholder:"K" help:"Steps of --adversarial pgd; 0 is 3."`
	Val         string      `placeholder:"FILE" help:"Validation photos, a stream of images."`
	ValShare    float64     `default:"0.1" range:"[0,1)" placeholder:"SHARE" help:"Share of each class held out for validation without --val, all but one photo at most (${default})."`
	Keep        string      `enum:"last,best" default:"last" help:"Which epoch's net to write: the last, or the best on the validation photos (${default})."`
	Checkpoint  string      `placeholder:"FILE" prov:"-" help:"Save progress in FILE, and go on from it."`
}

// check refuses flags that contradict each other, before any work is done.
func (f *Flags) check() error {
	switch {
	case f.Batch == 1:
		return errs.Usagef("--batch 1 must be 2 or more: a batch norm of one pixel of one picture has no variance")
	case f.DType != "f32":
		return errs.Usagef("--dtype %s: training runs in f32", f.DType)
	case f.Init == "" && f.Freeze != "":
		return errs.Usagef("--freeze leaves layers untrained: it needs a net that has been trained, --init")
	case f.Keep == "best" && f.Val == "" && f.ValShare == 0:
		return errs.Usagef("--keep best needs validation photos: --val or --val-share")
	case f.Adversarial == "" && (f.Eps != nil || f.Steps != 0):
		return errs.Usagef("--eps and --steps need --adversarial fgsm or pgd")
	case f.Adversarial == "fgsm" && f.Steps > 1:
		return errs.Usagef("--adversarial fgsm takes one step: pgd takes %d", f.Steps)
	case f.Eps != nil && !(*f.Eps > 0 && *f.Eps < 1):
		return errs.Hint(errs.Usagef("--eps %v is not between 0 and 1", *f.Eps), "values run from 0 to 1: for 4 of 255 steps write 4/255")
	}
	return nil
}

// config is what the flags say to the loop.
func (f *Flags) config(batch int) fit.Config {
	return fit.Config{
		Epochs: f.Epochs, Batch: batch, Optimizer: f.Optimizer, Rate: f.rate(), WarmUp: f.WarmUp, Momentum: f.Momentum,
		Decay: f.Decay, Smoothing: f.Smoothing, Balance: f.Balance, Best: f.Keep == "best", Seed: f.Seed,
		Augment:   fit.Augment{CropArea: f.CropArea, Flip: !f.NoFlip, Brightness: f.Brightness, Contrast: f.Contrast, CutMix: f.CutMix},
		Adversary: f.adversary(),
	}
}

// rate is the peak learning rate.
func (f *Flags) rate() float64 {
	if f.Rate > 0 {
		return f.Rate
	}
	rate := map[string]float64{"sgd": 0.1, "adamw": 0.001}[f.Optimizer]
	if f.Init != "" {
		rate /= 10
	}
	return rate
}

// adversary is what --adversarial, --eps and --steps ask for.
func (f *Flags) adversary() fit.Adversary {
	if f.Adversarial == "" {
		return fit.Adversary{}
	}
	a := fit.Adversary{Eps: 4.0 / 255, Steps: 1}
	if f.Eps != nil {
		a.Eps = float64(*f.Eps)
	}
	if f.Adversarial == "pgd" {
		a.Steps = 3
	}
	if f.Steps > 0 {
		a.Steps = f.Steps
	}
	return a
}
