package ascend

import (
	"fmt"
	"math"
	"slices"

	"herbarium/internal/graph"
	"herbarium/internal/net"
	"herbarium/internal/torch"
)

// rounded are the pictures in 8 bits, from 0 to 255.
func (l level) rounded(s *torch.Scope) torch.Tensor {
	return s.Round(s.Scale(l.canvas.Image(s, s.Detach(l.z)), 255))
}

// bytes are rounded pictures as bytes.
func bytes(s *torch.Scope, rounded torch.Tensor) []byte {
	return torch.Read[uint8](s, s.Cast(rounded, torch.U8))
}

func (r *run) snapshot(s *torch.Scope, step int) error {
	now, err := r.evaluate(s, unique(r.objective.Nodes()))
	for i, result := range now {
		r.results[i].Snapshots = append(r.results[i].Snapshots, Snapshot{step, result.End, result.Pixels})
	}
	return err
}

// finish evaluates the last pictures.
func (r *run) finish(s *torch.Scope) error {
	want := slices.Clone(r.objective.Nodes())
	if _, err := r.net.Graph.Find(graph.Logits); err == nil {
		want = append(want, graph.Logits)
	}
	last, err := r.evaluate(s, unique(want))
	if err != nil {
		return err
	}
	var alpha []float32
	if r.alpha.Defined() {
		n := len(r.items)
		most := s.Reshape(s.Max(s.Reshape(r.alpha, n, -1), 1), n, 1, 1)
		alpha = torch.Read[float32](s, s.Div(r.alpha, s.AddScalar(most, 1e-30)))
	}
	for i, result := range last {
		old := r.results[i]
		result.Start, result.Steps, result.Snapshots = old.Start, old.Steps, old.Snapshots
		result.Dead = old.Dead && !(result.End > old.Start) // a unit at the top of its range has no gradient either
		if alpha != nil {
			result.Alpha = part(alpha, i, len(last))
		}
		r.results[i] = result
	}
	return nil
}

// evaluate measures the pictures in full size, in 8 bits and without transforms: the objective as End, and the logits if they are
// among the wanted layers.
func (r *run) evaluate(s *torch.Scope, want []string) ([]Result, error) {
	whole := r.whole(s)
	rounded := whole.rounded(s)
	activations, err := r.net.Forward(s, s.Scale(rounded, 1.0/255), net.Pass{Want: want, Maps: true})
	if err != nil {
		return nil, err
	}
	n := len(r.items)
	values := torch.Read[float32](s, whole.objective.Value(s, activations))
	measures := map[string][]float32{}
	for name, v := range whole.objective.Measures(s, activations) {
		measures[name] = torch.Read[float32](s, v)
	}
	pixels := bytes(s, rounded)
	var logits []float32
	if y, ok := activations[graph.Logits]; ok {
		logits = torch.Read[float32](s, y)
	}
	results := make([]Result, n)
	for i, v := range values {
		if v := float64(v); math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("unit %s: its activation is %v", r.items[i].Unit.Text, v)
		}
		results[i] = Result{End: float64(v), Pixels: part(pixels, i, n), Measures: map[string]float64{}}
		if logits != nil {
			results[i].Logits = part(logits, i, n)
		}
		for name, all := range measures {
			results[i].Measures[name] = float64(all[i])
		}
	}
	return results, nil
}

// part is the i-th of n equal parts.
func part[T any](all []T, i, n int) []T {
	size := len(all) / n
	return all[i*size : (i+1)*size : (i+1)*size]
}
