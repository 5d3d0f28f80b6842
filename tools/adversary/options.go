package main

import (
	"math"
	"strconv"
	"strings"

	"herbarium/internal/attack"
	"herbarium/internal/errs"
	"herbarium/internal/report"
)

// plan is what the flags ask for. Eps is empty where the whole box is meant: its size is that of the net's images.
func (c *command) plan() (attack.Plan, error) {
	p := attack.Plan{Quantize: c.Quantize, AllSteps: c.AllSteps, Seed: c.Seed}
	if c.Norm == "l2" {
		p.Norm = attack.L2
	}
	if err := c.check(); err != nil {
		return p, err
	}
	settings := attack.Settings{Steps: c.Steps, Restarts: c.Restarts, Targets: c.Targets, Coarse: c.Coarse, Queries: c.Queries}
	for i, name := range attack.Losses {
		if name == c.Loss {
			settings.Loss = attack.Loss(i)
		}
	}
	for _, name := range c.Attack {
		a, err := attack.Parse(strings.TrimSpace(name), settings)
		if err != nil {
			return p, errs.Usagef("--attack: %w", err)
		}
		p.Attacks = append(p.Attacks, a...)
	}
	var err error
	p.Eps, err = c.radii(p.Norm)
	return p, err
}

func (c *command) check() error {
	for _, n := range []struct {
		flag string
		v    int
	}{{"--steps", c.Steps}, {"--restarts", c.Restarts}, {"--queries", c.Queries}, {"--targets", c.Targets}, {"--coarse", c.Coarse}, {"--eot", c.EOT - 1}} {
		if n.v < 0 {
			return errs.Usagef("%s is out of range", n.flag)
		}
	}
	if c.Target != "" && c.Targeted != "no" {
		return errs.Usagef("--target and --targeted exclude each other")
	}
	if err := c.Flags.Check(); err != nil {
		return err
	}
	return report.CheckPlot("--plot", c.Plot)
}

// radii are the values of --eps in rising order, or the usual one; none for deepfool alone, which needs none.
func (c *command) radii(norm attack.Norm) ([]float64, error) {
	texts := c.Eps
	switch {
	case len(texts) > 0:
	case len(c.Attack) == 1 && c.Attack[0] == "deepfool":
		return nil, nil
	case norm == attack.L2:
		texts = []string{"0.5"}
	default:
		texts = []string{"8/255"}
	}
	var all []float64
	for _, text := range texts {
		v, err := fraction(strings.TrimSpace(text))
		switch {
		case err != nil || math.IsNaN(v) || math.IsInf(v, 0):
			return nil, errs.Hint(errs.Usagef("--eps: %q is not a number", text), "examples are 8/255 and 0.03")
		case v < 0:
			return nil, errs.Usagef("--eps: %s is negative", text)
		case norm == attack.Linf && v > 1:
			return nil, errs.Hint(errs.Usagef("--eps: %s is more than the whole range of a pixel, which is 0 to 1", text),
				"for %s steps of 8-bit pixels write %s/255", text, text)
		}
		all = append(all, v)
	}
	sorted, distinct := attack.Order(all)
	if !distinct {
		return nil, errs.Usagef("--eps: a radius is given twice")
	}
	return sorted, nil
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
