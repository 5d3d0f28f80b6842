package attack

import (
	"cmp"
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

// attacks are those that [Parse] knows, each as it is made from what the user chose.
var attacks = []struct {
	name string
	make func(o Settings) Attack
}{
	{"noise", func(o Settings) Attack { return Noise{cmp.Or(o.Restarts, 10)} }},
	{"fgsm", func(o Settings) Attack { return o.gradient(FGSM()) }},
	{"pgd", func(o Settings) Attack { return o.gradient(PGD(cmp.Or(o.Steps, 10))) }},
	{"mi-fgsm", func(o Settings) Attack { return o.gradient(MIFGSM(cmp.Or(o.Steps, 10))) }},
	{"low-frequency", func(o Settings) Attack { return o.gradient(LowFrequency(cmp.Or(o.Steps, 10), cmp.Or(o.Coarse, 4))) }},
	{"apgd-ce", func(o Settings) Attack {
		return APGD{Named: "apgd-ce", Steps: cmp.Or(o.Steps, 100), Restarts: cmp.Or(o.Restarts, 1), Loss: CE}
	}},
	{"apgd-t", func(o Settings) Attack {
		return APGD{Named: "apgd-t", Steps: cmp.Or(o.Steps, 100), Restarts: cmp.Or(o.Restarts, 1), Loss: DLR, Targets: cmp.Or(o.Targets, 9)}
	}},
	{"fab-t", func(o Settings) Attack {
		return FAB{Steps: cmp.Or(o.Steps, 100), Restarts: cmp.Or(o.Restarts, 1), Targets: cmp.Or(o.Targets, 9)}
	}},
	{"square", func(o Settings) Attack {
		return Square{Queries: cmp.Or(o.Queries, 5000), Restarts: cmp.Or(o.Restarts, 1), Share: 0.8}
	}},
	{"deepfool", func(o Settings) Attack { return DeepFool{Steps: cmp.Or(o.Steps, 50), Classes: cmp.Or(o.Targets, 9)} }},
}

// standard is AutoAttack's ensemble, with its parameters (Croce and Hein 2020a, section 6).
var standard = []string{"apgd-ce", "apgd-t", "fab-t", "square"}

// gradient is a gradient attack as the user chose it.
func (o Settings) gradient(a Gradient) Attack {
	a.Restarts, a.Loss, a.Targets = cmp.Or(o.Restarts, 1), o.Loss, o.Targets
	return a
}

// Names are what [Parse] knows: the attacks, then standard.
func Names() []string {
	var names []string
	for _, a := range attacks {
		names = append(names, a.name)
	}
	return append(names, "standard")
}

// Parse makes the attacks of a name: one, or those of standard.
func Parse(name string, o Settings) ([]Attack, error) {
	if name == "standard" {
		var all []Attack
		for _, part := range standard {
			a, err := Parse(part, Settings{})
			if err != nil {
				return nil, err
			}
			all = append(all, a...)
		}
		return all, nil
	}
	for _, a := range attacks {
		if a.name == name {
			return []Attack{a.make(o)}, nil
		}
	}
	return nil, fmt.Errorf("no attack is called %q; there are %s", name, strings.Join(Names(), ", "))
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
