package torch_test

import (
	"slices"
	"testing"

	"herbarium/internal/torch"
	"herbarium/internal/torchtest"
)

// Slopes are any numbers: nn.PReLU learns negative ones, and nothing keeps them below 1.
func TestLeakyReluHasAnySlope(t *testing.T) {
	s := torchtest.Pin(t)
	x := []float32{-2, -0.5, 0, 0.5, 2}
	for _, slope := range []float64{-1.5, -0.125, 0, 0.25, 1, 1.25, 8} {
		in := torch.From(s, []int{len(x)}, x)
		var gradient torch.Tensor
		var out torch.Tensor
		err := s.Recording(func() error {
			s.RequireGrad(in)
			out = s.LeakyRelu(in, slope)
			gradient = s.Gradients(s.Sum(out, 0), in)[0]
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		var want, steep []float32
		for _, v := range x {
			if v > 0 {
				want, steep = append(want, v), append(steep, 1)
			} else {
				want, steep = append(want, v*float32(slope)), append(steep, float32(slope))
			}
		}
		got, rise := torch.Read[float32](s, out), torch.Read[float32](s, gradient)
		rise[2], steep[2] = 0, 0 // at zero there is none
		if !slices.Equal(got, want) || !slices.Equal(rise, steep) {
			t.Errorf("slope %v: %v and gradient %v, want %v and %v", slope, got, rise, want, steep)
		}
	}
}
