package torch_test

import (
	"math"
	"testing"

	"herbarium/internal/torch"
	"herbarium/internal/torchtest"
)

// The one pass over memory, blocks and remainders of it, agrees with what the operations give.
func TestMoments(t *testing.T) {
	s := torchtest.Pin(t)
	for _, l := range []int{1, 7, 8, 512, 1301} {
		const n, c = 3, 2
		var values []float32
		for i := range n * c * l {
			values = append(values, float32(math.Sin(float64(i*i)))-2) // no value is above 0
		}
		x := torch.From(s, []int{n, c, l}, values)
		d := s.Sub(s.Narrow(x, 0, 1, n-1), s.Narrow(x, 0, 0, n-1))
		wantApart := s.Cat(0, s.Sum(s.Mul(d, d), 2), s.Zeros([]int{1, c}, torch.F32, torch.CPU))
		mean, square, peak, apart := s.Moments(x)
		for name, pair := range map[string][2]torch.Tensor{"mean": {mean, s.Mean(x, 2)}, "square": {square, s.Mean(s.Mul(x, x), 2)},
			"peak": {peak, s.Max(x, 2)}, "apart": {apart, wantApart}} {
			got, want := torch.Read[float32](s, s.Contiguous(pair[0])), torch.Read[float32](s, s.Contiguous(pair[1]))
			for i := range want {
				if len(got) != n*c || math.Abs(float64(got[i]-want[i])) > 1e-5*math.Max(1, math.Abs(float64(want[i]))) {
					t.Errorf("%s of maps of %d: %v, want %v", name, l, got, want)
					break
				}
			}
		}
	}
}
