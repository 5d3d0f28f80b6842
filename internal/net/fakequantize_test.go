package net

import (
	"slices"
	"testing"

	"herbarium/internal/graph"
	"herbarium/internal/torch"
	"herbarium/internal/torchtest"
)

// Numbers by hand, as ONNX Runtime has them: half to even, divided by the scale, cut off at the ends. The gradient is that
// of x, but zero beyond an end that stands for 0, unless viewers let gradients through ReLUs.
func TestFakeQuantizeIsQuantizeLinearAndDequantizeLinear(t *testing.T) {
	s := torchtest.Pin(t)
	bytes := graph.FakeQuantize{Scale: []float64{0.5}, Zero: []int{3}, Max: 255}
	for name, tt := range map[string]struct {
		op           graph.FakeQuantize
		x, y, within []float32 // [1,2,3]
	}{
		"halves": {bytes, []float32{0.25, 0.75, 1.25, -0.25, -0.75, 0.26}, []float32{0, 1, 1, 0, -1, 0.5}, []float32{1, 1, 1, 1, 1, 1}},
		"ends":   {bytes, []float32{-1.5, -1.74, -1.8, 126, 126.2, 127}, []float32{-1.5, -1.5, -1.5, 126, 126, 126}, []float32{1, 1, 1, 1, 1, 1}},
		"far":    {bytes, []float32{-1e29, 1e29, 0, 0, 0, 0}, []float32{-1.5, 126, 0, 0, 0, 0}, []float32{1, 1, 1, 1, 1, 1}},
		"axis": {graph.FakeQuantize{Scale: []float64{1, 2, 4}, Zero: []int{0, -8, 7}, Min: -8, Max: 7, Axis: 1},
			[]float32{1.5, 3, 6, -9, -9, -61}, []float32{2, 4, 0, -8, 0, -60}, []float32{1, 1, 0, 1, 0, 1}},
		"relu": {graph.FakeQuantize{Scale: []float64{0.5}, Zero: []int{-8}, Min: -8, Max: 7},
			[]float32{-0.2, -0.3, -9, 3, 7.4, 9}, []float32{0, 0, 0, 3, 7.5, 7.5}, []float32{1, 0, 0, 1, 1, 1}},
		// by the scale, not by its inverse
		"division": {graph.FakeQuantize{Scale: []float64{float64(float32(0.7))}, Zero: []int{0}, Min: -128, Max: 127},
			[]float32{float32(0.7) * 0.5, float32(0.7) * 1.5, float32(0.7) * 2.5, 0, 0, 0}, []float32{0, 1.4, 1.4, 0, 0, 0}, []float32{1, 1, 1, 1, 1, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, rescue := range []bool{false, true} {
				x := torch.From(s, []int{1, 2, 3}, tt.x)
				c := &call{Scope: s, node: &graph.Node{Op: tt.op}, in: []torch.Tensor{x}, batch: 1}
				want := tt.within
				if rescue {
					c.pass.ReLU = func(_ *torch.Scope, x torch.Tensor) torch.Tensor { return x }
					want = []float32{1, 1, 1, 1, 1, 1}
				}
				near(t, "without gradient", torch.Read[float32](s, ops["fakequantize"](c)), doubles(tt.y), 1e-6)
				s.RequireGrad(x)
				err := s.Recording(func() error {
					y := ops["fakequantize"](c)
					if got := torch.Read[float32](s, s.Detach(y)); !rescue {
						near(t, "output", got, doubles(tt.y), 1e-6)
					}
					if got := torch.Read[float32](s, s.Gradients(s.Sum(y), x)[0]); !slices.Equal(got, want) {
						t.Errorf("gradient %v, want %v (through: %v)", got, want, rescue)
					}
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func doubles(v []float32) []float64 {
	out := make([]float64, len(v))
	for i := range v {
		out[i] = float64(v[i])
	}
	return out
}
