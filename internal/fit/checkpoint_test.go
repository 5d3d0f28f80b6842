package fit

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"herbarium/format"
	"herbarium/internal/graph"
	"herbarium/internal/net"
	"herbarium/internal/torch"
	"herbarium/internal/torchtest"
)

// Training that goes on from a checkpoint of any step ends with the bytes of training that was never interrupted:
// with either optimizer, with everything that draws random numbers (libtorch's own for dropout too), in the middle of
// an epoch, and when the best epoch lies before the checkpoint.
func TestTrainingGoesOnFromAnyStep(t *testing.T) {
	train, val := stripes(t, 40, 8).Split(0.2, 0)
	model := dropping(t, train)
	configs := map[string]Config{
		"sgd": {Epochs: 3, Batch: 8, Optimizer: "sgd", Rate: 0.1, WarmUp: 0.3, Momentum: 0.9, Decay: 1e-3, Seed: 5,
			Augment: Augment{CropArea: 0.6, Flip: true, Brightness: 0.2, CutMix: 0.5}, Adversary: Adversary{Eps: 0.02, Steps: 2}},
		"adamw, best": {Epochs: 3, Batch: 8, Optimizer: "adamw", Rate: 0.05, WarmUp: 0.3, Best: true, Balance: true, Seed: 6},
	}
	type result struct {
		History []Epoch
		Params  map[string]format.Tensor
	}
	run := func(t *testing.T, c Config, from *State) result {
		t.Helper()
		n, err := net.New(model, net.Options{Device: torch.CPU, DType: torch.F32})
		if err != nil {
			t.Fatal(err)
		}
		defer n.Close()
		history, err := Train(n, graph.Logits, train, val, c, Watch{Resume: from})
		if err != nil {
			t.Fatal(err)
		}
		params, err := n.Export()
		if err != nil {
			t.Fatal(err)
		}
		return result{history, params}
	}
	for name, c := range configs {
		t.Run(name, func(t *testing.T) {
			torchtest.Pin(t)
			whole := run(t, c, nil)
			for _, steps := range []int{1, 4, 6, 11, 12} {
				n, err := net.New(model, net.Options{Device: torch.CPU, DType: torch.F32})
				if err != nil {
					t.Fatal(err)
				}
				first := &trainer{Config: c, net: n, logits: graph.Logits, train: train, val: val, keep: torch.NewScope()}
				if err := first.prepare(); err != nil {
					t.Fatal(err)
				}
				for range steps {
					if _, err := first.step(); err != nil {
						t.Fatal(err)
					}
					if first.Steps%first.perEpoch == 0 {
						if err := first.endEpoch(); err != nil {
							t.Fatal(err)
						}
					}
				}
				state, err := first.state()
				if err != nil {
					t.Fatal(err)
				}
				again := saved(t, model, state)
				first.keep.Close()
				n.Close()
				if diff := cmp.Diff(whole, run(t, c, again)); diff != "" {
					t.Fatalf("after %d steps: another result: %.600s", steps, diff)
				}
			}
		})
	}
}

// dropping is a small net with a norm and with dropout, which draws from libtorch's own random numbers.
func dropping(t *testing.T, set *Set) *graph.Net {
	t.Helper()
	in := graph.Shape{3, set.Height, set.Width}
	g := &graph.Graph{Aliases: map[string]string{graph.Logits: "fc"}, Nodes: []graph.Node{
		{Name: "conv", In: []string{graph.Input}, Op: graph.Conv{Out: 6, Kernel: graph.Pair{3, 3}, Stride: graph.Pair{1, 1}, Pad: graph.Pair{1, 1}, Dilation: graph.Pair{1, 1}, Groups: 1}},
		{Name: "bn", In: []string{"conv"}, Op: graph.BN{Eps: 1e-5, Momentum: 0.1}},
		{Name: "relu", In: []string{"bn"}, Op: graph.ReLU{}},
		{Name: "drop", In: []string{"relu"}, Op: graph.Dropout{Rate: 0.3}},
		{Name: "gap", In: []string{"drop"}, Op: graph.GAP{}},
		{Name: "flatten", In: []string{"gap"}, Op: graph.Flatten{}},
		{Name: "fc", In: []string{"flatten"}, Op: graph.Linear{Out: len(set.Classes), Bias: true}},
	}}
	model := torchtest.WithWeights(t, g, in, 3)
	model.Classes = set.Classes
	return model
}

// saved writes a state and reads it again.
func saved(t *testing.T, model *graph.Net, s *State) *State {
	var file bytes.Buffer
	if err := WriteCheckpoint(&file, model, Run{"--epochs": "3"}, s); err != nil {
		t.Fatal(err)
	}
	again, err := ReadCheckpoint(&file, model, Run{"--epochs": "3"})
	if err != nil {
		t.Fatal(err)
	}
	return again
}

func TestCheckpointsOfOtherRunsAreRefused(t *testing.T) {
	torchtest.Pin(t)
	set := stripes(t, 16, 8)
	model := dropping(t, set)
	var file bytes.Buffer
	run := Run{"--epochs": "30", "--eps": "4/255", "photos": "abc", "--seed": "0"}
	if err := WriteCheckpoint(&file, model, run, &State{Params: model.Params}); err != nil {
		t.Fatal(err)
	}
	whole := file.Bytes()
	_, err := ReadCheckpoint(bytes.NewReader(whole), model, Run{"--epochs": "50", "photos": "def", "--seed": "0", "--balance": "on"})
	want := "it is of another run: --balance was not given and is on, --epochs was 30 and is 50, --eps was 4/255 and is not given, the photos differ"
	if err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	if _, err := ReadCheckpoint(bytes.NewReader(whole[:len(whole)/2]), model, run); err == nil {
		t.Error("half a checkpoint was accepted")
	}
	other := *model
	other.Graph = &graph.Graph{Nodes: append([]graph.Node{}, model.Graph.Nodes...), Aliases: model.Graph.Aliases}
	head := other.Graph.Nodes[6].Op.(graph.Linear)
	head.Out = 5
	other.Graph.Nodes[6].Op = head
	if _, err := ReadCheckpoint(bytes.NewReader(whole), &other, run); err == nil || !strings.Contains(err.Error(), "misshapen") {
		t.Errorf("a checkpoint of another net: %v", err)
	}
	var plain bytes.Buffer
	w := format.NewWriter(&plain, format.WriterOptions{})
	doc, err := model.Document()
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(doc); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadCheckpoint(&plain, model, run); err == nil || !strings.Contains(err.Error(), "no checkpoint") {
		t.Errorf("a net as a checkpoint: %v", err)
	}
}
