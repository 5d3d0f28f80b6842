package attack

import (
	"fmt"
	"slices"
	"strings"
)

// Plan says which attacks to run in which balls.
type Plan struct {
	Norm     Norm
	Eps      []float64 // rising
	Attacks  []Attack  // each on what those before it have left
	Quantize bool
	AllSteps bool
	Seed     uint64
	OnAttack func() // called after each attack in each ball; may be nil
}

// Settings are what a user may choose about attacks; zero values are each attack's own.
type Settings struct {
	Steps, Restarts, Targets, Coarse, Queries int
	Loss                                      Loss
}

// Names are the attacks that Parse knows.
var Names = []string{"noise", "fgsm", "pgd", "mi-fgsm", "low-frequency", "apgd-ce", "apgd-t", "fab-t", "square", "deepfool", "standard"}

// Parse makes the attacks of a name. Those of standard are AutoAttack's, with its parameters (Croce and Hein 2020a, section 6).
func Parse(name string, o Settings) ([]Attack, error) {
	or := func(v, otherwise int) int {
		if v > 0 {
			return v
		}
		return otherwise
	}
	iterated := func(a Gradient) []Attack {
		a.Restarts, a.Loss, a.Targets = or(o.Restarts, 1), o.Loss, o.Targets
		return []Attack{a}
	}
	switch name {
	case "noise":
		return []Attack{Noise{or(o.Restarts, 10)}}, nil
	case "fgsm":
		return iterated(FGSM()), nil
	case "pgd":
		return iterated(PGD(or(o.Steps, 10))), nil
	case "mi-fgsm":
		return iterated(MIFGSM(or(o.Steps, 10))), nil
	case "low-frequency":
		return iterated(LowFrequency(or(o.Steps, 10), or(o.Coarse, 4))), nil
	case "apgd-ce":
		return []Attack{APGD{Named: name, Steps: or(o.Steps, 100), Restarts: or(o.Restarts, 1), Loss: CE}}, nil
	case "apgd-t":
		return []Attack{APGD{Named: name, Steps: or(o.Steps, 100), Restarts: or(o.Restarts, 1), Loss: DLR, Targets: or(o.Targets, 9)}}, nil
	case "fab-t":
		return []Attack{FAB{Steps: or(o.Steps, 100), Restarts: or(o.Restarts, 1), Targets: or(o.Targets, 9)}}, nil
	case "square":
		return []Attack{Square{Queries: or(o.Queries, 5000), Restarts: or(o.Restarts, 1), Share: 0.8}}, nil
	case "deepfool":
		return []Attack{DeepFool{Steps: or(o.Steps, 50), Classes: or(o.Targets, 9)}}, nil
	case "standard":
		var all []Attack
		for _, part := range []string{"apgd-ce", "apgd-t", "fab-t", "square"} {
			a, err := Parse(part, Settings{})
			if err != nil {
				return nil, err
			}
			all = append(all, a...)
		}
		return all, nil
	}
	return nil, fmt.Errorf("no attack is called %q; there are %s", name, strings.Join(Names, ", "))
}

// Run attacks the items of p with everything in the plan. What is broken at a small radius stays broken at a larger one:
// accuracy cannot rise along Eps. Evaluate comes first.
func (c Plan) Run(p *Problem) error {
	p.Seed, p.Quantize, p.AllSteps = c.Seed, c.Quantize, c.AllSteps
	for _, eps := range c.Eps {
		p.Ball = Ball{c.Norm, eps}
		for _, a := range c.Attacks {
			if err := a.Run(p, p.Left()); err != nil {
				return err
			}
			if c.OnAttack != nil {
				c.OnAttack()
			}
		}
	}
	return nil
}

// Order sorts radii and says whether they are distinct.
func Order(eps []float64) ([]float64, bool) {
	eps = slices.Sorted(slices.Values(eps))
	return eps, len(slices.Compact(slices.Clone(eps))) == len(eps)
}
