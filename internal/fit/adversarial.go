package fit

import (
	"herbarium/internal/attack"
	"herbarium/internal/net"
	"herbarium/internal/random"
	"herbarium/internal/torch"
)

// Adversary makes training photos harder: each is replaced by the worst that projected gradient ascent on the loss finds
// within Eps of it in every value (Madry et al. 2018, eq. 2.1). With one step from a random start it is fast
// adversarial training (Wong, Rice and Kolter 2020). Nets trained so look at what people look at, which makes
// their pictures clearer (Engstrom et al. 2019), and pay for it with some accuracy.
type Adversary struct {
	Eps   float64 // in [0,1]; 0 is no adversary
	Steps int
}

// stepSize is 1.25 eps for one step (Wong et al., section 5), else 2.5 eps over the number of steps (Madry et al.).
func (a Adversary) stepSize() float64 {
	if a.Steps == 1 {
		return 1.25 * a.Eps
	}
	return 2.5 * a.Eps / float64(a.Steps)
}

// perturb makes adversarial photos of x [N,C,H,W], which show y, for a net that runs as pass says: against the sum of its
// heads' losses. The start is a function of seed, photo and epoch.
func (a Adversary) perturb(s *torch.Scope, n *net.Net, heads []string, x torch.Tensor, y labels, pass net.Pass, seed uint64, photos []int, epoch int) (torch.Tensor, error) {
	if a.Eps == 0 {
		return x, nil
	}
	ball := attack.Ball{Norm: attack.Linf, Eps: a.Eps}
	start := make([]float32, x.Len())
	size := len(start) / len(photos)
	for i, photo := range photos {
		ball.Random(random.New(seed, random.Key("adversary"), uint64(photo), uint64(epoch)), start[i*size:(i+1)*size])
	}
	worse := s.Clamp(s.Add(x, s.To(torch.From(s, x.Shape(), start), x.Device())), 0, 1)
	for range a.Steps {
		s.RequireGrad(worse)
		var g torch.Tensor
		err := s.Recording(func() error {
			losses, _, err := crossEntropies(s, n, heads, worse, y, pass, 0)
			if err != nil {
				return err
			}
			g = s.Gradients(s.Sum(losses), worse)[0]
			return nil
		})
		if err != nil {
			return x, err
		}
		worse = ball.Step(s, s.Detach(worse), x, g, a.stepSize())
	}
	return worse, nil
}
