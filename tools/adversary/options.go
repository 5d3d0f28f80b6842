package main

import (
	"strings"

	"herbarium/internal/attack"
	"herbarium/internal/errs"
	"herbarium/internal/radius"
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
	given := c.Eps
	switch {
	case len(given) > 0:
	case len(c.Attack) == 1 && c.Attack[0] == "deepfool":
		return nil, nil
	case norm == attack.L2:
		given = []radius.Eps{0.5}
	default:
		given = []radius.Eps{8.0 / 255}
	}
	var all []float64
	for _, eps := range given {
		if norm == attack.Linf && eps > 1 {
			return nil, errs.Hint(errs.Usagef("--eps: %s is more than the whole range of a pixel, which is 0 to 1", eps),
				"for %s steps of 8-bit pixels write %s/255", eps, eps)
		}
		all = append(all, float64(eps))
	}
	sorted, distinct := attack.Order(all)
	if !distinct {
		return nil, errs.Usagef("--eps: a radius is given twice")
	}
	return sorted, nil
}
