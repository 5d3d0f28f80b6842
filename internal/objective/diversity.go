package objective

import (
	"slices"

	"herbarium/internal/torch"
)

// Diverse is an objective with a diversity term: from every picture's value, weight times its mean likeness to the other
// restarts of its item is taken. Likeness is the cosine similarity of the Gram matrices of channels at a layer
// (Olah et al. 2017, "Diversity"); it couples the restarts of an item, and those only.
type Diverse struct {
	Objective
	Node   string
	Weight float64
	same   torch.Tensor // [N,N]: 1/(restarts-1) where row and column are different restarts of one item
}

// NewDiverse adds diversity at a layer to an objective. Restarts of one item have the same group; constants live in keep.
func NewDiverse(keep *torch.Scope, o Objective, node string, weight float64, group []int, device torch.Device) *Diverse {
	n := len(group)
	size := map[int]int{}
	for _, g := range group {
		size[g]++
	}
	same := make([]float32, n*n)
	for i, a := range group {
		for j, b := range group {
			if i != j && a == b {
				same[i*n+j] = 1 / float32(size[a]-1)
			}
		}
	}
	return &Diverse{o, node, weight, keep.To(torch.From(keep, []int{n, n}, same), device)}
}

// Nodes are the objective's, and the layer at which likeness is measured.
func (d *Diverse) Nodes() []string {
	return append(slices.Clone(d.Objective.Nodes()), d.Node)
}

// Value is the objective's less the likeness.
func (d *Diverse) Value(s *torch.Scope, activations map[string]torch.Tensor) torch.Tensor {
	return s.Sub(d.Objective.Value(s, activations), s.Scale(d.likeness(s, activations), d.Weight))
}

// Measures adds the likeness, from -1 to 1.
func (d *Diverse) Measures(s *torch.Scope, activations map[string]torch.Tensor) map[string]torch.Tensor {
	out := map[string]torch.Tensor{MeasureLikeness: d.likeness(s, activations)}
	for k, v := range d.Objective.Measures(s, activations) {
		out[k] = v
	}
	return out
}

func (d *Diverse) likeness(s *torch.Scope, activations map[string]torch.Tensor) torch.Tensor {
	a := activations[d.Node]
	shape := a.Shape()
	n, c := shape[0], shape[1]
	flat := s.Reshape(a, n, c, -1)
	gram := s.Reshape(s.MatMul(flat, s.Permute(flat, 0, 2, 1)), n, -1)
	length := s.Sqrt(s.AddScalar(s.SumKeep(s.Mul(gram, gram), 1), 1e-20))
	unit := s.Div(gram, length)
	return s.Sum(s.Mul(s.MatMul(unit, s.Permute(unit, 1, 0)), d.same), 1)
}
