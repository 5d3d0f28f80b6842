package net

import (
	"testing"

	"herbarium/internal/torch"
	"herbarium/internal/torchtest"
)

// A pass that goes on with some of its items, in any order, gives for them what a whole pass gives.
func TestARunGoesOnWithSomeItems(t *testing.T) {
	s := torchtest.Pin(t)
	model := referenceNet(t, "resnet20", "", 32)
	view, err := View(model, []string{"layer1", "layer2.1", "logits"}, onCPU)
	if err != nil {
		t.Fatal(err)
	}
	defer view.Close()
	x := images(s, "images1", 32)
	pass := Pass{Want: []string{"layer1", "layer2.1", "logits"}}
	whole, err := view.Forward(s, x, pass)
	if err != nil {
		t.Fatal(err)
	}
	run, err := view.Begin(s, x, pass)
	if err != nil {
		t.Fatal(err)
	}
	same := func(name string, items ...int64) {
		t.Helper()
		expected := s.IndexSelect(whole[name], 0, torch.From(s, []int{len(items)}, items))
		got := run.Until(name)
		if got.Shape()[0] != len(items) {
			t.Fatalf("%s: %v", name, got.Shape())
		}
		if far := s.Number(s.Max(s.Abs(s.Sub(got, expected)))); far > 1e-5*s.Number(s.Max(s.Abs(expected))) {
			t.Errorf("%s: off by %g", name, far)
		}
	}
	same("layer1", 0, 1, 2, 3)
	run.Keep([]int{3, 0, 2})
	if len(run.alive) != 1 {
		t.Errorf("%d values are kept after a block whose output is all that is read", len(run.alive))
	}
	same("layer2.1", 3, 0, 2)
	run.Keep([]int{1})
	same("logits", 0)
	same("logits", 0) // what it has found stays
	if _, err := view.Begin(s, x, Pass{Want: []string{"layer5"}}); err == nil {
		t.Error("an unknown layer was accepted")
	}
}
