package robustness

import (
	"herbarium/internal/attack"
	"herbarium/internal/random"
)

// setTargets gives the items their targets, which need the net's answer to them as they are, and lists those to attack.
func (e *Evaluation) setTargets(a *Attacked) {
	for i := range a.Items {
		item := &a.Items[i]
		item.Target = e.target
		if e.Targeted != "" {
			item.Target = target(e.Targeted, e.Plan.Seed, a.Clean[i], item)
		}
		if item.Target == attack.NoTarget || item.Target != item.Label {
			a.rows = append(a.rows, i)
		}
	}
}

// target is a class other than the item's own, chosen by its logits or at random.
func target(how string, seed uint64, logits []float32, item *attack.Item) int {
	best := -1
	if how == Random {
		k := random.New(seed, random.Key("target"), item.Key).IntN(len(logits) - 1)
		if k >= item.Label {
			k++
		}
		return k
	}
	for k, z := range logits {
		if k == item.Label {
			continue
		}
		if best < 0 || how == Likely && z > logits[best] || how == Least && z < logits[best] {
			best = k
		}
	}
	return best
}
