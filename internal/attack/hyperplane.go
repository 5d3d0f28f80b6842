package attack

import (
	"math"

	"herbarium/internal/torch"
)

// A plane is where one class's linearized lead over another is zero: lead + <normal, d> = 0 at distance d, for each item of a
// batch. The nearest point has |d_i| = speed_i min(t, until_i), with speed 1 in L-inf and |normal_i| in L2, and until_i where d
// meets the box. What such a change gains, sum_i weight_i min(t, until_i), is concave and piecewise linear in t, so that
// Newton's method from the left ends at the exact t after few rounds.
type plane struct {
	norm          Norm
	sign          torch.Tensor // of the normal, [n,C,H,W]
	speed, weight torch.Tensor // [n,C,H,W]; speed: None for 1
	total         torch.Tensor // of the weights, [n,1,1,1]
}

func newPlane(s *torch.Scope, n Norm, normal torch.Tensor) plane {
	p := plane{norm: n, sign: s.Sign(normal), weight: s.Abs(normal)}
	if n == L2 {
		p.speed = p.weight
		p.weight = s.Mul(normal, normal)
	}
	p.total = s.AddScalar(s.SumKeep(p.weight, 1, 2, 3), tiny)
	return p
}

// tiny keeps quotients of zeros finite.
const tiny = 1e-30

// step is the smallest change of images x, in the norm, that reaches the plane within the box, and its length [n,1,1,1]; where the
// box holds no point of the plane, the change that comes nearest to it. lead [n,1,1,1] is negative while the other class wins.
func (p plane) step(s *torch.Scope, x, lead torch.Tensor) (d, length torch.Tensor) {
	way := s.AddScalar(s.Scale(s.Cast(s.Greater(lead, 0), torch.F32), -2), 1) // along the normal, or against it
	sign := s.Mul(p.sign, way)
	half := s.Full([]int{1}, 0.5, torch.F32, x.Device())
	until := s.Sub(half, x) // the room to the box is 1-x upward and x downward
	s.MulInPlace(until, sign)
	s.AddScaled(until, half, 1)
	if p.norm == L2 {
		until = s.Div(until, s.AddScalar(p.speed, tiny))
	}
	d = p.reach(s, until, s.Abs(lead))
	if p.norm == L2 {
		s.MulInPlace(d, p.speed)
		length = norms(s, d)
	}
	s.MulInPlace(d, sign)
	if p.norm == Linf {
		length = peaks(s, d)
	}
	return d, length
}

// reach are min(t, until) [n,C,H,W] for the t at which they gain, times the weights, as much as is needed, or all they can.
func (p plane) reach(s *torch.Scope, until, need torch.Tensor) torch.Tensor {
	t := s.Div(need, p.total) // exact where no pixel meets the box
	enough := s.Scale(need, 1-1e-5)
	for round := 0; ; round++ {
		to := s.Minimum(until, t)
		gained := s.SumKeep(s.Mul(p.weight, to), 1, 2, 3)
		short := s.Greater(s.Sub(enough, gained), 0)
		if round == 63 || s.Number(s.Max(s.Cast(short, torch.F32))) == 0 {
			return to
		}
		free := s.Sign(s.Clamp(s.Sub(until, t), 0, math.MaxFloat32)) // 1 where there is room beyond t
		s.MulInPlace(free, p.weight)
		slope := s.SumKeep(free, 1, 2, 3)
		further := s.Div(s.Sub(need, gained), s.AddScalar(slope, tiny))
		further = s.Mul(further, s.Cast(short, torch.F32))
		further = s.Where(s.Greater(slope, 0), further, s.Scale(further, 0)) // the box holds no point of the plane
		if s.Number(s.Max(further)) == 0 {
			return to
		}
		t = s.Add(t, further)
	}
}
