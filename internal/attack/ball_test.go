package attack

import (
	"math"
	"testing"

	"herbarium/internal/random"
	"herbarium/internal/torch"
	"herbarium/internal/torchtest"
)

// One step from x = x0 + 0.05 along a gradient of (3, -4, 0), by hand: in L-inf by the sign, then back into the ball of
// radius 0.1 and the box; in L2 along (0.6, -0.8, 0), then back onto the ball.
func TestStepByHand(t *testing.T) {
	s := torchtest.Pin(t)
	x0 := []float32{0.5, 0.02, 0.98}
	for _, c := range []struct {
		norm   Norm
		length float64
		want   []float64
	}{
		{Linf, 0.02, []float64{0.57, 0.05, 1}},
		{Linf, 0.2, []float64{0.6, 0, 1}},
		{L2, 0.01, []float64{0.556, 0.062, 1}},
	} {
		x := make([]float32, 3)
		for i, v := range x0 {
			x[i] = v + 0.05
		}
		put := func(v []float32) torch.Tensor { return torch.From(s, []int{1, 3, 1, 1}, v) }
		got := torch.Read[float32](s, Ball{c.norm, 0.1}.Step(s, put(x), put(x0), put([]float32{3, -4, 0}), c.length))
		for i, want := range c.want {
			if math.Abs(float64(got[i])-want) > 1e-6 {
				t.Errorf("%s by %g: %v, want %v", c.norm, c.length, got, c.want)
				break
			}
		}
	}
	far := torch.Read[float32](s, Ball{L2, 0.1}.Step(s, torch.From(s, []int{1, 3, 1, 1}, []float32{0.5, 0.5, 0.5}),
		torch.From(s, []int{1, 3, 1, 1}, []float32{0.5, 0.5, 0.5}), torch.From(s, []int{1, 3, 1, 1}, []float32{3e-30, -4e-30, 0}), 7))
	if math.Abs(float64(far[0])-0.56) > 1e-6 || math.Abs(float64(far[1])-0.42) > 1e-6 {
		t.Errorf("a long step in L2 ends at %v, want 0.56, 0.42 on the ball", far)
	}
}

// Random points fill the ball: in L-inf every value is uniform, in L2 half of the points lie within the radius of half the
// volume.
func TestRandomPointsFillTheBall(t *testing.T) {
	const n, d = 4000, 3
	r := random.New(1)
	inside := 0
	var sum, largest float64
	to := make([]float32, d)
	for range n {
		Ball{L2, 0.5}.Random(r, to)
		_, l2 := distances(to, make([]float32, d))
		if l2 > 0.5+1e-6 {
			t.Fatalf("a point at %g", l2)
		}
		if l2 < 0.5*math.Pow(0.5, 1.0/d) {
			inside++
		}
		Ball{Linf, 0.5}.Random(r, to)
		sum += math.Abs(float64(to[0]))
		largest = math.Max(largest, math.Abs(float64(to[1])))
	}
	if math.Abs(float64(inside)/n-0.5) > 0.03 {
		t.Errorf("%d of %d lie in half the volume", inside, n)
	}
	if math.Abs(sum/n-0.25) > 0.01 || largest > 0.5 || largest < 0.49 {
		t.Errorf("mean %g, largest %g in a ball of 0.5", sum/n, largest)
	}
}
