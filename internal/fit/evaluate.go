package fit

import (
	"herbarium/internal/net"
	"herbarium/internal/torch"
)

// evalBatch is how many photos are evaluated at once.
const evalBatch = 64

// Score is how well a net does on a set.
type Score struct {
	Accuracy    float64
	Loss        float64  // mean cross-entropy, nats
	Adversarial *float64 // accuracy on adversarial photos; nil without one
}

// Evaluate runs a net on a set as it is, without augmentation, and against an adversary
// of the logits if there is one.
func Evaluate(n *net.Net, logits string, set *Set, a Adversary, seed uint64) (Score, error) {
	var score Score
	hard := 0.0
	err := eachBatch(set, evalBatch, n.Device(), func(s *torch.Scope, x, class torch.Tensor, photos []int) error {
		y := labels{{class: class}}
		answer := func(x torch.Tensor) (torch.Tensor, error) {
			out, err := n.Forward(s, x, net.Pass{Want: []string{logits}})
			return out[logits], err
		}
		plain, err := answer(x)
		if err != nil {
			return err
		}
		score.Loss += s.Number(s.Sum(y.crossEntropy(s, plain, 0)))
		score.Accuracy += y.hits(s, plain)
		if a.Eps == 0 {
			return nil
		}
		worse, err := a.perturb(s, n, []string{logits}, x, y, net.Pass{}, seed, photos, 0)
		if err != nil {
			return err
		}
		attacked, err := answer(worse)
		if err != nil {
			return err
		}
		hard += y.hits(s, attacked)
		return nil
	})
	photos := float64(set.Len())
	score.Loss, score.Accuracy = score.Loss/photos, score.Accuracy/photos
	if a.Eps != 0 {
		hard /= photos
		score.Adversarial = &hard
	}
	return score, err
}
