package training

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"herbarium/internal/cli"
	"herbarium/internal/fit"
)

// check refuses flags that cannot be meant, before any work is done.
func (c *Flags) check() error {
	for _, flag := range []struct {
		name   string
		value  any
		fits   bool
		limits string
	}{
		{"epochs", c.Epochs, c.Epochs >= 1, "1 or more"},
		{"rate", c.Rate, c.Rate >= 0 && !math.IsInf(c.Rate, 0), "0 or more"},
		{"warmup", c.WarmUp, c.WarmUp >= 0 && c.WarmUp <= 1, "from 0 to 1"},
		{"momentum", c.Momentum, c.Momentum >= 0 && c.Momentum < 1, "from 0 to less than 1"},
		{"decay", c.Decay, c.Decay >= 0 && c.Decay < 1, "from 0 to less than 1"},
		{"smoothing", c.Smoothing, c.Smoothing >= 0 && c.Smoothing < 1, "from 0 to less than 1"},
		{"crop-area", c.CropArea, c.CropArea > 0 && c.CropArea <= 1, "more than 0 and at most 1"},
		{"brightness", c.Brightness, c.Brightness >= 0 && c.Brightness < 1, "from 0 to less than 1"},
		{"contrast", c.Contrast, c.Contrast >= 0 && c.Contrast < 1, "from 0 to less than 1"},
		{"cutmix", c.CutMix, c.CutMix >= 0 && c.CutMix <= 1, "from 0 to 1"},
		{"val-share", c.ValShare, c.ValShare >= 0 && c.ValShare < 1, "from 0 to less than 1"},
		{"steps", c.Steps, c.Steps >= 0, "0 or more"},
		{"batch", c.Batch, c.Batch != 1, "2 or more: a batch norm of one pixel of one picture has no variance"},
	} {
		if !flag.fits {
			return cli.UsageErrorf("--%s %v must be %s", flag.name, flag.value, flag.limits)
		}
	}
	switch {
	case c.DType != "f32":
		return cli.UsageErrorf("--dtype %s: training runs in f32", c.DType)
	case c.Init == "" && c.Freeze != "":
		return cli.UsageErrorf("--freeze leaves layers untrained: it needs a net that has been trained, --init")
	case c.Keep == "best" && c.Val == "" && c.ValShare == 0:
		return cli.UsageErrorf("--keep best needs validation photos: --val or --val-share")
	case c.Adversarial == "" && (c.Eps != "" || c.Steps != 0):
		return cli.UsageErrorf("--eps and --steps need --adversarial fgsm or pgd")
	case c.Adversarial == "fgsm" && c.Steps > 1:
		return cli.UsageErrorf("--adversarial fgsm takes one step: pgd takes %d", c.Steps)
	}
	if eps, err := fraction(c.Eps); c.Eps != "" && (err != nil || !(eps > 0 && eps < 1)) {
		return cli.Hint(cli.UsageErrorf("--eps %s is not between 0 and 1", c.Eps), "values run from 0 to 1: for 4 of 255 steps write 4/255")
	}
	return nil
}

// fraction reads a number, or a quotient such as 4/255.
func fraction(text string) (float64, error) {
	over, under, divided := strings.Cut(text, "/")
	v, err := strconv.ParseFloat(over, 64)
	if err != nil || !divided {
		return v, err
	}
	d, err := strconv.ParseFloat(under, 64)
	return v / d, err
}

// adversary is what --adversarial, --eps and --steps ask for.
func (c *Flags) adversary() fit.Adversary {
	if c.Adversarial == "" {
		return fit.Adversary{}
	}
	a := fit.Adversary{Eps: 4.0 / 255, Steps: 1}
	if c.Eps != "" {
		a.Eps, _ = fraction(c.Eps) // checked before
	}
	if c.Adversarial == "pgd" {
		a.Steps = 3
	}
	if c.Steps > 0 {
		a.Steps = c.Steps
	}
	return a
}

// checkPhotos refuses photos that nothing can be learned from.
func (c *Flags) checkPhotos(train *fit.Set, classes int) error {
	if classes < 2 {
		return cli.Hint(fmt.Errorf("the photos have %d class: a classifier needs two", classes),
			"put the photos of each class into a folder of its own and name their parent to ingest")
	}
	if train.Len() < 2 {
		return fmt.Errorf("%d photo to train on after --val-share %g: at least 2 are needed", train.Len(), c.ValShare)
	}
	first := train.Label(0)
	for i := range train.Len() {
		if train.Label(i) != first {
			return nil
		}
	}
	return fmt.Errorf("all photos are of class %q: a classifier needs two", train.Classes[first])
}
