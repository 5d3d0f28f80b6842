package fit

import (
	"bytes"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"herbarium/internal/arch"
	"herbarium/internal/graph"
	"herbarium/internal/net"
	"herbarium/internal/torch"
	"herbarium/internal/torchtest"
)

// twoScales is a top-down net for sets of 16 pixels.
func twoScales(t *testing.T, classes []string) (*graph.Net, *net.Net) {
	t.Helper()
	in := graph.Shape{3, 16, 16}
	g, err := arch.BuildTopDown("td-resnet14", in, arch.TopDown{Scales: []int{4, 1}, Widths: []int{6, 8}}, arch.Options{Classes: len(classes), Mean: []float64{0.5, 0.5, 0.5}})
	if err != nil {
		t.Fatal(err)
	}
	model := torchtest.WithWeights(t, g, in, 3)
	model.Classes = classes
	n, err := net.New(model, net.Options{Device: torch.CPU, DType: torch.F32})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Close)
	return model, n
}

// The loss is the sum of what each head costs alone, and so is its gradient at the photos.
func TestLossIsTheSumOverHeads(t *testing.T) {
	s := torchtest.Pin(t)
	set := stripes(t, 6, 16)
	_, n := twoScales(t, set.Classes)
	x, y, err := load(s, set, []int{0, 1, 2, 3, 4, 5}, torch.CPU)
	if err != nil {
		t.Fatal(err)
	}
	s.RequireGrad(x)
	of := func(heads ...string) (loss float64, gradient []float32) {
		err := s.Recording(func() error {
			losses, _, err := crossEntropies(s, n, heads, x, labels{{class: y}}, net.Pass{}, 0.1)
			if err != nil {
				return err
			}
			sum := s.Sum(losses)
			loss = s.Number(sum)
			gradient = torch.Read[float32](s, s.Gradients(sum, x)[0])
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return loss, gradient
	}
	all, gradient := of(headsOf(n.Graph, graph.Logits)...)
	coarse, g4 := of("head4")
	fine, g16 := of("head16")
	if math.Abs(all-coarse-fine) > 1e-4 || math.Abs(coarse-fine) < 1e-3 {
		t.Errorf("loss %g, of the heads %g and %g", all, coarse, fine)
	}
	for i, v := range gradient {
		if math.Abs(float64(v-g4[i]-g16[i])) > 1e-5 {
			t.Fatalf("gradient %d is %g, of the heads %g and %g", i, v, g4[i], g16[i])
		}
	}
	if got := headsOf(n.Graph, "stage4.entry"); !slices.Equal(got, []string{"stage4.entry"}) {
		t.Errorf("another output is taken for %v", got)
	}
}

// Every head learns, also against an adversary: of the stripes the blurred small image has traces left.
func TestEveryHeadLearns(t *testing.T) {
	torchtest.Pin(t)
	train, val := stripes(t, 80, 16).Split(0.2, 0)
	model, n := twoScales(t, train.Classes)
	c := Config{Epochs: 6, Batch: 8, Optimizer: "sgd", Rate: 0.05, WarmUp: 0.2, Momentum: 0.9, Seed: 7,
		Adversary: Adversary{Eps: 1.0 / 255, Steps: 1}}
	history, err := Train(n, graph.Logits, train, val, c, Watch{})
	if err != nil {
		t.Fatal(err)
	}
	last := history[len(history)-1]
	if *last.ValAccuracy < 0.9 || *last.ValAdversarial < 0.8 || last.Loss >= history[0].Loss {
		t.Errorf("not learned: %+v, validation %.2f", last, *last.ValAccuracy)
	}
	if coarse, err := Evaluate(n, "head4", val, Adversary{}, 0); err != nil || coarse.Accuracy < 0.9 {
		t.Errorf("the coarse head has not learned: %.2f, %v", coarse.Accuracy, err)
	}
	after, err := n.Export()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"head4.map.weight", "head4.map.bias", "head16.map.weight", "stage4.entry.weight"} {
		if bytes.Equal(after[name].Data, model.Params[name].Data) {
			t.Errorf("%s was not trained", name)
		}
	}
}

// New classes replace every head, and keep the rows of those that are known.
func TestFineTuningReplacesEveryHead(t *testing.T) {
	torchtest.Pin(t)
	from, _ := twoScales(t, []string{"rose", "across", "down"})
	tuned, err := FineTune(from, from.Input, []string{"across", "down", "iris", "poppy"}, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"head4.map.weight", "head16.map.weight", "head4.map.bias"} {
		old, now := rows(t, from, name), rows(t, tuned, name)
		if len(now) != 4 || !cmp.Equal(now[:2], old[1:]) {
			t.Errorf("%s: %v from %v", name, now, old)
		}
	}
	if got := tuned.Graph.Outputs(); len(got) != 2 {
		t.Errorf("heads %v", got)
	}
}
