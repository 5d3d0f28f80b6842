package optimize

import (
	"math"
	"testing"

	"herbarium/internal/torch"
	"herbarium/internal/torchtest"
)

func TestScheduleRisesThenFallsToZero(t *testing.T) {
	c := Schedule{Peak: 0.2, WarmUp: 10, Total: 100}
	for step, want := range map[int]float64{0: 0.02, 9: 0.2, 10: 0.2, 55: 0.1, 100: 0} {
		if got := c.At(step); math.Abs(got-want) > 1e-12 {
			t.Errorf("rate at step %d: %v, want %v", step, got, want)
		}
	}
}

// Three steps of each optimizer on f(x) = x^2 from x = 1 at rate 0.1 with decay 0.01, by hand from the papers'
// formulas in double precision.
func TestOptimizersFollowTheirFormulas(t *testing.T) {
	const rate, decay, momentum = 0.1, 0.01, 0.9
	byHand := map[string]func() float64{
		"sgd": func() float64 {
			x, b := 1.0, 0.0
			for range 3 {
				g := 2*x + decay*x
				b = momentum*b + g
				x -= rate * (g + momentum*b)
			}
			return x
		},
		"adam": func() float64 {
			x, m, v := 1.0, 0.0, 0.0
			for k := 1; k <= 3; k++ {
				g := 2 * x
				x *= 1 - rate*decay
				m, v = 0.9*m+0.1*g, 0.999*v+0.001*g*g
				x -= rate * m / (1 - math.Pow(0.9, float64(k))) / (math.Sqrt(v/(1-math.Pow(0.999, float64(k)))) + 1e-8)
			}
			return x
		},
	}
	for name, want := range byHand {
		s := torchtest.Pin(t)
		x := torch.From(s, []int{1}, []float32{1})
		variables := []Variable{{x, decay}}
		o := Adam(s, variables, Beta2)
		if name == "sgd" {
			o = SGD(s, variables, momentum)
		}
		for range 3 {
			o.Step(s, []torch.Tensor{s.Scale(x, 2)}, rate)
		}
		if got := s.Number(x); math.Abs(got-want()) > 1e-6 {
			t.Errorf("%s: %v after three steps, want %v", name, got, want())
		}
	}
}

// The one pass over memory and the operations that stand in for it where memory is laid out otherwise agree.
func TestMomentumStepsWhateverTheLayout(t *testing.T) {
	s := torchtest.Pin(t)
	var values, gradients []float32
	for i := range 70_000 {
		values, gradients = append(values, float32(i%13)-6), append(gradients, float32(i%7)-3)
	}
	step := func(turn bool) []float32 {
		x, g := torch.From(s, []int{200, 350}, values), torch.From(s, []int{200, 350}, gradients)
		if turn {
			x, g = s.Permute(x, 1, 0), s.Permute(g, 1, 0)
		}
		o := SGD(s, []Variable{{x, 0.01}}, 0.9)
		for range 3 {
			o.Step(s, []torch.Tensor{s.Clone(g)}, 0.1)
		}
		if turn {
			x = s.Permute(x, 1, 0)
		}
		return torch.Read[float32](s, s.Contiguous(x))
	}
	plain, turned := step(false), step(true)
	for i := range plain {
		if math.Abs(float64(plain[i]-turned[i])) > 1e-4 {
			t.Fatalf("element %d: %v and %v", i, plain[i], turned[i])
		}
	}
	if err := torch.Do(func(s *torch.Scope) error {
		SGD(s, []Variable{{torch.From(s, []int{2}, []float32{1, 2}), 0}}, 0.9).Step(s, []torch.Tensor{torch.From(s, []int{3}, []float32{1, 2, 3})}, 0.1)
		return nil
	}); err == nil {
		t.Error("a gradient of another shape was taken")
	}
}
