package net

import (
	"encoding/json"
	"math"
	"testing"

	"herbarium/format"
	"herbarium/internal/optimize"
	"herbarium/internal/torch"
	"herbarium/internal/torchtest"
)

func TestTrainingStepsAreThoseOfPyTorch(t *testing.T) {
	for _, ref := range referenceNets {
		t.Run(ref.file, func(t *testing.T) {
			torchtest.Pin(t)
			d := reference(t, ref.file)
			n, err := New(referenceNet(t, ref.arch, ref.stem, ref.size), onCPU)
			if err != nil {
				t.Fatal(err)
			}
			defer n.Close()
			keep := torch.NewScope()
			defer keep.Close()
			var variables []optimize.Variable
			var values []torch.Tensor
			for _, p := range n.Trainable() {
				decay := 0.0
				if p.Decay {
					decay = 5e-4
				}
				variables = append(variables, optimize.Variable{Value: p.Value, Decay: decay})
				values = append(values, p.Value)
			}
			sgd := optimize.SGD(keep, variables, 0.9)
			var losses []float32
			for step := 1; step <= 2; step++ {
				err := torch.Do(func(s *torch.Scope) error {
					var gradients []torch.Tensor
					err := s.Recording(func() error {
						for _, v := range values {
							s.RequireGrad(v)
						}
						labels := make([]int64, 4)
						for i := range labels {
							labels[i] = int64((7*i + 3*step) % 10)
						}
						name := map[int]string{1: "images1", 2: "images2"}[step]
						x := torch.From(s, []int{4, 3, ref.size, ref.size}, referenceImages(name, ref.size))
						out, err := n.Forward(s, x, Pass{Train: true, Want: []string{"logits"}})
						if err != nil {
							return err
						}
						if step == 1 {
							agree(t, d, "logits.train", torch.Read[float32](s, out["logits"]), 1e-4)
						}
						loss := s.Mean(s.CrossEntropy(out["logits"], torch.From(s, []int{4}, labels), 0.1))
						losses = append(losses, float32(s.Number(loss)))
						gradients = s.Gradients(loss, values...)
						return nil
					})
					if err != nil {
						return err
					}
					sgd.Step(s, gradients, 0.1)
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
				after, err := n.Export()
				if err != nil {
					t.Fatal(err)
				}
				var names []string
				list(t, d, "parameters", &names)
				var norms, samples []float32
				for _, name := range names {
					tensor := after[name]
					v, err := format.Values[float32](&tensor)
					if err != nil {
						t.Fatalf("%s: %v", name, err)
					}
					norms = append(norms, norm(v))
					for j := range 4 {
						samples = append(samples, v[j*len(v)/4])
					}
				}
				prefix := map[int]string{1: "step1", 2: "step2"}[step]
				agree(t, d, prefix+".norm", norms, 2e-4)
				agree(t, d, prefix+".sample", samples, map[int]float64{1: 2e-4, 2: 5e-3}[step])
			}
			agree(t, d, "loss", losses, 5e-4)
		})
	}
}

// agree compares got with the tensor of that name: no element may be further off than tolerance times the reference's
// largest element.
func agree(t *testing.T, d *format.Document, name string, got []float32, tolerance float64) {
	t.Helper()
	want, err := format.Values[float32](d.Tensor(name))
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(want) {
		t.Fatalf("%s: %d elements, want %d", name, len(got), len(want))
	}
	var largest float64
	for _, w := range want {
		largest = math.Max(largest, math.Abs(float64(w)))
	}
	for i := range want {
		if off := math.Abs(float64(got[i]) - float64(want[i])); !(off <= tolerance*largest) {
			t.Errorf("%s: element %d is %v, PyTorch says %v; largest %v", name, i, got[i], want[i], largest)
			return
		}
	}
}

func norm(values []float32) float32 {
	var sum float64
	for _, v := range values {
		sum += float64(v) * float64(v)
	}
	return float32(math.Sqrt(sum))
}

func list(t *testing.T, d *format.Document, key string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(d.Meta[key]), into); err != nil {
		t.Fatal(err)
	}
}
