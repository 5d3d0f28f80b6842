package net

import (
	"fmt"
	"math"
	"testing"

	"herbarium/internal/graph"
	"herbarium/internal/torch"
	"herbarium/internal/torchtest"
)

// Attention with a bias, and with windows in front of the tokens, is what products and a softmax make of it, and so are its
// gradients.
func TestAttentionIsWhatProductsMake(t *testing.T) {
	for _, front := range [][]int{nil, {3}} {
		for _, bias := range [][]int{nil, {2, 5, 6}, {1, 5, 6}} {
			t.Run(fmt.Sprint(front, bias), func(t *testing.T) {
				s := torchtest.Pin(t)
				shapes := [][]int{{2}, {2}, {2}}
				for i, last := range [][]int{{5, 8}, {6, 8}, {6, 4}} {
					shapes[i] = append(append(shapes[i], front...), last...)
				}
				if bias != nil {
					own := []int{2}
					for range front {
						own = append(own, 1)
					}
					shapes = append(shapes, append(own, bias...))
				}
				var in []torch.Tensor
				for i, shape := range shapes {
					x := torch.From(s, shape, spread(fmt.Sprint("attention", i), shape, 2, -1))
					s.RequireGrad(x)
					in = append(in, x)
				}
				node := graph.Node{Name: "a", Op: graph.Attention{Heads: 2, Scale: 0.7}, In: make([]string, len(in))}
				err := s.Recording(func() error {
					y := ops["attention"](&call{Scope: s, node: &node, in: in, batch: 2})
					// [..., T, C] as [..., heads, T, C/2]
					apart := func(x torch.Tensor) torch.Tensor {
						n := len(x.Shape())
						shape := append(append([]int{}, x.Shape()[:n-1]...), 2, x.Shape()[n-1]/2)
						order := make([]int, n+1)
						for i := range order {
							order[i] = i
						}
						order[n-2], order[n-1] = n-1, n-2
						return s.Permute(s.Reshape(x, shape...), order...)
					}
					swap := func(x torch.Tensor, a, b int) torch.Tensor {
						order := make([]int, len(x.Shape()))
						for i := range order {
							order[i] = i
						}
						order[a], order[b] = b, a
						return s.Permute(x, order...)
					}
					q, k, v := apart(in[0]), apart(in[1]), apart(in[2])
					n := len(q.Shape())
					scores := s.Scale(s.MatMul(q, swap(k, n-1, n-2)), 0.7)
					if bias != nil {
						scores = s.Add(scores, in[3])
					}
					z := s.Reshape(swap(s.MatMul(s.Softmax(scores, n-1), v), n-2, n-3), y.Shape()...)
					same(t, s, "value", y, z)
					w := torch.From(s, y.Shape(), spread("cotangent", y.Shape(), 1, 0))
					dy, dz := s.FirstGradients(s.Sum(s.Mul(y, w)), in...), s.Gradients(s.Sum(s.Mul(z, w)), in...)
					for i := range dy {
						same(t, s, fmt.Sprint("gradient ", i), dy[i], dz[i])
					}
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
			})
		}
	}
}

func same(t *testing.T, s *torch.Scope, what string, x, y torch.Tensor) {
	t.Helper()
	a, b := torch.Read[float32](s, s.Contiguous(s.Detach(x))), torch.Read[float32](s, s.Contiguous(s.Detach(y)))
	if len(a) != len(b) {
		t.Fatalf("%s: %d numbers, want %d", what, len(a), len(b))
	}
	for i := range a {
		if !(math.Abs(float64(a[i]-b[i])) < 1e-5) {
			t.Fatalf("%s: number %d is %v, want %v", what, i, a[i], b[i])
		}
	}
}
