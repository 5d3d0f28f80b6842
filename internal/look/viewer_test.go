package look

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"herbarium/internal/ascend"
	"herbarium/internal/errs"
	"herbarium/internal/graph"
	"herbarium/internal/images"
	"herbarium/internal/objective"
	"herbarium/internal/torchtest"
)

func TestSizedChangesTheInputOnly(t *testing.T) {
	model := newNet(t, convNet, 8, 8)
	v := newViewer(t, model, 1)
	large, err := v.Sized(graph.Shape{3, 12, 20})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(large.Model.Input, graph.Shape{3, 12, 20}) || !slices.Equal(model.Input, graph.Shape{3, 8, 8}) {
		t.Errorf("inputs %v and %v", large.Model.Input, model.Input)
	}
	if same, err := v.Sized(graph.Shape{3, 8, 8}); same != v || err != nil {
		t.Errorf("the net's own size: %v, %v", same, err)
	}
	// A linear layer has weights for one size.
	_, err = newViewer(t, newNet(t, linearNet, 4, 4), 1).Sized(graph.Shape{3, 5, 4})
	if err == nil || !strings.HasPrefix(err.Error(), "images of 5x4 do not fit the net, which was made for 4x4: ") || !strings.Contains(errs.HintOf(err), "ingest --for NET") {
		t.Errorf("error %v with the hint %q", err, errs.HintOf(err))
	}
}

// A backbone has no logits, and a net of one number nothing that is less likely than its class: their pictures say so by
// what their items lack.
func TestNetsWithoutClassesAreDrawn(t *testing.T) {
	backbone := newNet(t, convNet, 8, 8)
	delete(backbone.Graph.Aliases, graph.Logits)
	backbone.Classes = nil
	yesOrNo := newNet(t, strings.Replace(convNet, `"out":2,"bias":true}],`, `"out":1,"bias":true}],`, 1), 8, 8)
	yesOrNo.Classes = []string{"daisy"}
	for name, tt := range map[string]struct {
		model *graph.Net
		unit  string
		class any
	}{"backbone": {backbone, "b:1", nil}, "yes or no": {yesOrNo, "logits:daisy", "daisy"}} {
		torchtest.Pin(t)
		v := newViewer(t, tt.model, 1)
		u, err := objective.Parse(tt.unit, tt.model)
		if err != nil {
			t.Fatal(err)
		}
		it := ascend.Item{Name: tt.unit, Unit: u, Keys: []uint64{1}}
		results, err := v.Make([]ascend.Item{it})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		item, _, err := v.Describe(it, results[0])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := json.Marshal(item); err != nil || item[images.KeyClass] != tt.class {
			t.Errorf("%s: %v, class %v", name, err, item[images.KeyClass])
		}
		for _, key := range []string{images.KeyPredicted, images.KeyProbability, images.KeyMargin} {
			if item[key] != nil {
				t.Errorf("%s: %s is %v", name, key, item[key])
			}
		}
	}
}

// The control has other weights in the layers that were named, the same each time, and the net keeps its own.
func TestRandomizedDrawsTheNamedLayersOnly(t *testing.T) {
	model := newNet(t, convNet, 8, 8)
	before := newNet(t, convNet, 8, 8).Params
	v := newViewer(t, model, 1)
	for _, c := range []struct {
		layers  []string
		changed []string
	}{{[]string{"b"}, []string{"b.bias", "b.weight"}}, {[]string{"logits", "a"}, []string{"a.bias", "a.weight", "fc.bias", "fc.weight"}},
		{[]string{"all"}, []string{"a.bias", "a.weight", "b.bias", "b.weight", "fc.bias", "fc.weight"}}} {
		random, err := v.Randomized(c.layers)
		if err != nil {
			t.Fatal(err)
		}
		var changed []string
		for name, p := range random.Model.Params {
			if !slices.Equal(p.Data, before[name].Data) {
				changed = append(changed, name)
			}
		}
		slices.Sort(changed)
		if diff := cmp.Diff(c.changed, changed); diff != "" {
			t.Errorf("%v: %s", c.layers, diff)
		}
		if again, err := v.Randomized(c.layers); err != nil || !cmp.Equal(again.Model.Params, random.Model.Params) {
			t.Errorf("%v: drawn twice, the weights differ (%v)", c.layers, err)
		}
	}
	if !cmp.Equal(model.Params, before) {
		t.Error("the net's own weights have changed")
	}
	for layer, want := range map[string]string{"r": "layer r has no weights", "c": `layer "c" not in this net`} {
		if _, err := v.Randomized([]string{layer}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", layer, err, want)
		}
	}
	other := newViewer(t, model, 1)
	other.options.Ascent.Seed++
	a, errA := v.Randomized([]string{"all"})
	b, errB := other.Randomized([]string{"all"})
	if errA != nil || errB != nil || cmp.Equal(a.Model.Params, b.Model.Params) {
		t.Errorf("two seeds draw the same weights (%v, %v)", errA, errB)
	}
}
