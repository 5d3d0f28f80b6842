package main

import (
	"fmt"
	"math"
	"slices"

	"herbarium/internal/errs"
	"herbarium/internal/graph"
	"herbarium/internal/images"
)

// A normalization is mean and deviation of each channel in [0,1], and where they come from.
type normalization struct {
	mean, std []float64
	norm      string // of --norm
	from      string
}

func (n normalization) String() string {
	list := func(values []float64) (text string) {
		for _, v := range values {
			text += fmt.Sprintf(" %.4g", v)
		}
		return text
	}
	return fmt.Sprintf("%s, mean%s, std%s", n.from, list(n.mean), list(n.std))
}

// published are mean and deviation by the names that --norm has for them: of RGB, or one number for each channel.
func published() map[string][2][]float64 {
	return map[string][2][]float64{
		"imagenet": {{0.485, 0.456, 0.406}, {0.229, 0.224, 0.225}},       // torchvision's and timm's; of most nets trained on CIFAR-10 as well
		"cifar10":  {{0.4914, 0.4822, 0.4465}, {0.2470, 0.2435, 0.2616}}, // of the training photos' pixels
		"mnist":    {{0.1307}, {0.3081}},
		"half":     {{0.5}, {0.5}},
		"none":     {{0}, {1}},
	}
}

// normalization is that of --mean and --std, or of --norm, brought to values from 0 to 1, for images of so many channels in
// the stream's order.
func (c *command) normalization(channels int) (normalization, error) {
	n := normalization{norm: c.Norm}
	if n.norm == "" {
		n.norm = map[bool]string{true: "imagenet", false: "none"}[channels == images.RGB]
	}
	mean, std := published()[n.norm][0], published()[n.norm][1]
	n.from = n.norm
	if (len(c.Mean) == 0) != (len(c.Std) == 0) {
		return n, errs.Usagef("--mean and --std go together")
	}
	if len(c.Mean) > 0 {
		n.from, mean, std = "given", c.Mean, c.Std
	}
	var ok, okToo bool
	if n.mean, ok = spread(mean, channels); ok {
		n.std, okToo = spread(std, channels)
	}
	switch {
	case c.Channels == "bgr" && channels != images.RGB:
		return n, errs.Usagef("--channels bgr: the net sees images that are %s", images.Colors(channels))
	case ok && okToo:
	case len(c.Mean) > 0 && channels == images.RGB:
		return n, errs.Usagef("--mean and --std need 3 numbers, as 0.485,0.456,0.406, or one for all channels")
	case len(c.Mean) > 0:
		return n, errs.Usagef("--mean and --std need one number: the net sees images that are %s", images.Colors(channels))
	default:
		return n, errs.Hint(errs.Usagef("--norm %s is of RGB, and the net sees images that are %s", n.norm, images.Colors(channels)),
			"--norm mnist, half or none, or --mean and --std")
	}
	if len(c.Mean) > 0 && c.Channels == "bgr" { // they are in the net's order
		slices.Reverse(n.mean)
		slices.Reverse(n.std)
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
func spread(values []float64, channels int) ([]float64, bool) {
	if len(values) == 1 {
		return slices.Repeat(values, channels), true
	}
	return slices.Clone(values), len(values) == channels
}

// reverseChannels gives the net blue, green and red in this order, between its first node, which normalizes, and all that
// read it.
func reverseChannels(g *graph.Graph) {
	const name = "bgr"
	first := g.Nodes[0]
	planes := graph.Node{Name: name, Op: graph.Concat{}}
	added := []graph.Node{first}
	for i, color := range []string{"blue", "green", "red"} {
		at := images.RGB - 1 - i
		plane := graph.Node{Name: name + "." + color, In: []string{first.Name},
			Op: graph.Slice{Start: []int{at, 0, 0}, Stop: []int{at + 1, 0, 0}, Step: []int{1, 1, 1}}}
		added, planes.In = append(added, plane), append(planes.In, plane.Name)
	}
	for _, node := range g.Nodes[1:] {
		for i, in := range node.In {
			if in == first.Name {
				node.In[i] = name
			}
		}
	}
	g.Nodes = slices.Concat(added, []graph.Node{planes}, g.Nodes[1:])
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
