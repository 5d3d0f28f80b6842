package fit

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"herbarium/format"
	"herbarium/internal/arch"
	"herbarium/internal/graph"
	"herbarium/internal/net"
	"herbarium/internal/torch"
	"herbarium/internal/torchtest"
)

// trained is a resnet20 for three classes.
func trained(t *testing.T) *graph.Net {
	t.Helper()
	classes := []string{"rose", "across", "down"}
	n := torchtest.ResNet(t, "resnet20", arch.Options{Classes: len(classes), Mean: []float64{0.5, 0.5, 0.5}}, 32, 3)
	n.Classes = classes
	n.Prepare = &graph.Prepare{Resize: 36, Crop: 32, Interpolation: "bilinear"}
	return n
}

func rows(t *testing.T, n *graph.Net, name string) [][]float32 {
	t.Helper()
	p := n.Params[name]
	v, err := format.Values[float32](&p)
	if err != nil {
		t.Fatal(err)
	}
	var out [][]float32
	for i := range p.Shape[0] {
		out = append(out, v[i*len(v)/p.Shape[0]:(i+1)*len(v)/p.Shape[0]])
	}
	return out
}

func TestFineTuningMatchesClassesByName(t *testing.T) {
	from := trained(t)
	same, err := FineTune(from, from.Input, []string{"down", "rose", "across"}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if !cmp.Equal(same.Classes, from.Classes) || !cmp.Equal(same.Params, from.Params) || same.Prepare == nil {
		t.Error("the same classes in another order made another net")
	}
	more, err := FineTune(from, graph.Shape{3, 40, 40}, []string{"down", "tulip", "rose", "daisy"}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := more.Document(); err != nil {
		t.Fatal(err)
	}
	if more.Prepare != nil {
		t.Error("photos of another size, and still prepared for the old")
	}
	for _, name := range []string{"linear.weight", "linear.bias"} {
		old, now := rows(t, from, name), rows(t, more, name)
		if len(now) != 4 || !cmp.Equal(now[0], old[2]) || !cmp.Equal(now[2], old[0]) {
			t.Errorf("%s: a class that the net knew has lost its row", name)
		}
		for _, row := range old {
			if cmp.Equal(now[1], row) {
				t.Errorf("%s: a new class has an old row", name)
			}
		}
	}
	if !cmp.Equal(more.Params["layer1.0.conv1.weight"], from.Params["layer1.0.conv1.weight"]) {
		t.Error("a layer below the head has changed")
	}
	if from.Graph.Nodes[len(from.Graph.Nodes)-1].Op.(graph.Linear).Out != 3 {
		t.Error("the old net's graph was changed")
	}
}

func TestHeadsThatCannotBeReplacedAreRefused(t *testing.T) {
	from := trained(t)
	g := *from.Graph
	g.Nodes = append([]graph.Node{}, g.Nodes...)
	g.Nodes = append(g.Nodes, graph.Node{Name: "out", In: []string{"linear"}, Op: graph.Sigmoid{}})
	g.Aliases = map[string]string{graph.Logits: "out"}
	from.Graph = &g
	if _, err := FineTune(from, from.Input, []string{"a", "b"}, 1); err == nil {
		t.Error("a head behind a sigmoid was replaced")
	}
}

// A linear probe: what is frozen keeps every bit, running statistics too, and the rest learns.
func TestFrozenNodesStayAsTheyAre(t *testing.T) {
	torchtest.Pin(t)
	set := stripes(t, 32, 16)
	model, err := FineTune(trained(t), graph.Shape{3, 16, 16}, set.Classes, 1)
	if err != nil {
		t.Fatal(err)
	}
	n, err := net.New(model, net.Options{Device: torch.CPU, DType: torch.F32})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	part, err := model.Graph.Slice("layer3")
	if err != nil {
		t.Fatal(err)
	}
	frozen := map[string]bool{}
	for _, node := range part.Nodes {
		frozen[node.Name] = true
	}
	c := Config{Epochs: 2, Batch: 8, Optimizer: "sgd", Rate: 0.1, Momentum: 0.9, Frozen: frozen, Adversary: Adversary{Eps: 0.01, Steps: 1}}
	if _, err := Train(n, graph.Logits, set, nil, c, Watch{}); err != nil {
		t.Fatal(err)
	}
	after, err := n.Export()
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range model.Params {
		head := name == "linear.weight" || name == "linear.bias"
		if now := after[name]; cmp.Equal(p.Data, now.Data) == head {
			t.Errorf("%s: changed is %v", name, !head)
		}
	}
	for _, node := range model.Graph.Nodes {
		frozen[node.Name] = true
	}
	if _, err := Train(n, graph.Logits, set, nil, c, Watch{}); err == nil {
		t.Error("a net that is frozen as a whole was trained")
	}
}

func TestBalanceWeighsClassesAlike(t *testing.T) {
	set := &Set{Classes: []string{"a", "b", "none"}, labels: []int{0, 0, 0, 1}, index: []int{0, 1, 2, 3}}
	if diff := cmp.Diff([]float32{4.0 / 6, 2, 0}, set.Balance()); diff != "" {
		t.Error(diff)
	}
}

func TestAdoptRenumbersLabels(t *testing.T) {
	set := &Set{Classes: []string{"a", "b"}, labels: []int{0, 1, 1}, index: []int{0, 1, 2}}
	if err := set.Adopt([]string{"b", "c", "a"}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{2, 0, 0}, set.labels); diff != "" {
		t.Error(diff)
	}
	if err := set.Adopt([]string{"b", "c"}); err == nil {
		t.Error("a class was lost")
	}
}

func TestBetterEpochs(t *testing.T) {
	f := func(v float64) *float64 { return &v }
	epoch := func(accuracy, loss float64) Epoch { return Epoch{ValAccuracy: f(accuracy), ValLoss: f(loss)} }
	hard := func(e Epoch, adversarial float64) Epoch { e.ValAdversarial = f(adversarial); return e }
	for _, c := range []struct {
		a, b Epoch
		want bool
	}{
		{epoch(0.8, 1), epoch(0.7, 0.5), true},
		{epoch(0.8, 0.4), epoch(0.8, 0.5), true},
		{epoch(0.8, 0.5), epoch(0.8, 0.5), false},
		{hard(epoch(0.7, 1), 0.5), hard(epoch(0.9, 1), 0.4), true},
	} {
		if got := c.a.better(c.b); got != c.want {
			t.Errorf("%+v better than %+v: %v", c.a, c.b, got)
		}
	}
}
