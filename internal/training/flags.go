package training

import "herbarium/internal/cli"

// Flags are those of every tool that trains.
type Flags struct {
	cli.Compute
	Init        string  `placeholder:"NET" help:"Start from the net in this file."`
	Freeze      string  `placeholder:"LAYER" help:"With --init: do not train LAYER and what comes before it."`
	Epochs      int     `default:"30" help:"Passes over the training photos (30)."`
	Optimizer   string  `enum:"sgd,adamw" default:"sgd" help:"sgd (with Nesterov momentum) or adamw (sgd)."`
	Rate        float64 `default:"0" placeholder:"R" help:"Peak learning rate; 0 is 0.1 for sgd and 0.001 for adamw, with --init a tenth of it."`
	WarmUp      float64 `name:"warmup" default:"0.1" placeholder:"SHARE" help:"Share of all steps in which the rate rises; then it falls along a cosine (0.1)."`
	Momentum    float64 `default:"0.9" help:"Momentum of sgd (0.9)."`
	Decay       float64 `default:"0.0005" help:"Weight decay, not on norms and biases (0.0005)."`
	Smoothing   float64 `default:"0.1" help:"Label smoothing (0.1)."`
	Balance     bool    `help:"Weigh each photo by the inverse of how many its class has."`
	CropArea    float64 `default:"0.5" placeholder:"SHARE" help:"Smallest share of a photo's area that a random crop keeps; 1 does not crop (0.5)."`
	NoFlip      bool    `help:"Do not mirror photos."`
	Brightness  float64 `default:"0.2" help:"Random change of brightness (0.2)."`
	Contrast    float64 `default:"0.2" help:"Random change of contrast (0.2)."`
	CutMix      float64 `name:"cutmix" default:"0" placeholder:"SHARE" help:"Share of photos that a rectangle of another photo is cut into, which then counts for its part of the label (0)."`
	Adversarial string  `enum:",fgsm,pgd" default:"" placeholder:"ATTACK" help:"Train on photos made harder by fgsm or pgd."`
	Eps         string  `placeholder:"EPS" help:"How far --adversarial moves a value, of 0 to 1, at most (4/255)."`
	Steps       int     `default:"0" placeholder:"K" help:"Steps of --adversarial pgd; 0 is 3."`
	Val         string  `placeholder:"FILE" help:"Validation photos, a stream of images."`
	ValShare    float64 `default:"0.1" placeholder:"SHARE" help:"Share of each class held out for validation without --val (0.1)."`
	Keep        string  `enum:"last,best" default:"last" help:"Which epoch's net to write: the last, or the best on the validation photos (last)."`
	Checkpoint  string  `placeholder:"FILE" prov:"-" help:"Save progress in FILE, and go on from it."`
}
