package main

import (
	"cmp"
	"fmt"
	"math"

	"herbarium/internal/errs"
	"herbarium/internal/graph"
)

// A normalization is mean and deviation of the channels in [0,1], and where they come from.
type normalization struct {
	mean, std [3]float64
	from      string
}

func (n normalization) String() string {
	return fmt.Sprintf("%s, mean %.4g %.4g %.4g, std %.4g %.4g %.4g",
		n.from, n.mean[0], n.mean[1], n.mean[2], n.std[0], n.std[1], n.std[2])
}

// normalization is that of --mean and --std, or of --norm, brought to values from 0 to 1.
func (c *command) normalization() (normalization, error) {
	var n normalization
	switch c.Norm {
	case "imagenet", "": // torchvision's and timm's; of most nets trained on CIFAR-10 as well
		n = normalization{mean: [3]float64{0.485, 0.456, 0.406}, std: [3]float64{0.229, 0.224, 0.225}}
	case "cifar10": // of the training photos' pixels
		n = normalization{mean: [3]float64{0.4914, 0.4822, 0.4465}, std: [3]float64{0.2470, 0.2435, 0.2616}}
	case "half":
		n = normalization{mean: [3]float64{0.5, 0.5, 0.5}, std: [3]float64{0.5, 0.5, 0.5}}
	case "none":
		n = normalization{std: [3]float64{1, 1, 1}}
	}
	n.from = cmp.Or(c.Norm, "imagenet")
	if (len(c.Mean) == 0) != (len(c.Std) == 0) {
		return n, errs.Usagef("--mean and --std go together")
	}
	if len(c.Mean) > 0 {
		n.from = "given"
		if !spread(c.Mean, &n.mean) || !spread(c.Std, &n.std) {
			return n, errs.Usagef("--mean and --std need 3 numbers, as 0.485,0.456,0.406, or one for all channels")
		}
	}
	for i := range n.std {
		if !(n.std[i] > 0) || math.IsInf(n.std[i], 0) || math.IsNaN(n.mean[i]) || math.IsInf(n.mean[i], 0) {
			return n, errs.Usagef("--mean %v and --std %v: want finite numbers, and std above 0", c.Mean, c.Std)
		}
		if c.Range == "255" {
			n.mean[i] /= 255
			n.std[i] /= 255
		}
	}
	if c.Range == "255" {
		n.from += ", on values from 0 to 255"
	}
	return n, nil
}

// spread gives every channel its number.
func spread(values []float64, to *[3]float64) bool {
	if len(values) == 1 {
		*to = [3]float64{values[0], values[0], values[0]}
		return true
	}
	return copy(to[:], values) == 3 && len(values) == 3
}

// prepare is how photos become inputs; side is that of the images the architecture was made for.
func (c *command) prepare(side int) (*graph.Prepare, error) {
	p := &graph.Prepare{Resize: c.Resize, Crop: c.Input, Interpolation: c.Interpolation}
	if p.Crop == 0 {
		p.Crop = side
	}
	if p.Resize == 0 {
		p.Resize = p.Crop
		if side >= 224 {
			p.Resize = (8*p.Crop + 3) / 7
		}
	}
	if err := p.Check(); err != nil {
		return nil, errs.Usagef("%v", err)
	}
	return p, nil
}
