package look

import (
	"math"
	"strings"
	"testing"

	"herbarium/format"
	"herbarium/internal/ascend"
	"herbarium/internal/errs"
	"herbarium/internal/graph"
	"herbarium/internal/objective"
	"herbarium/internal/optimize"
	"herbarium/internal/prior"
)

// What a batch pays for variation at the end of a run depends on whether its layers have positions, and its norms on how deep
// it looks.
func TestPriorsOfABatch(t *testing.T) {
	maps, vector := graph.Images(graph.Shape{8, 4, 4}), graph.Images(graph.Shape{3})
	rows := []graph.Row{{Name: "conv", Value: maps}, {Name: "bn", Value: maps}, {Name: "fc", Value: vector}, {Name: "late", Value: vector}}
	p := &priors{}
	p.Variation, p.BatchNorms = optimize.Ramp{From: 0.02, To: 0.0001}, []prior.BatchNorm{{Node: "bn"}, {Node: "late"}}
	items := func(nodes ...string) (out []ascend.Item) {
		for _, node := range nodes {
			out = append(out, ascend.Item{Unit: objective.Unit{Terms: []objective.Term{{Node: node}}}})
		}
		return out
	}
	for _, c := range []struct {
		nodes []string
		to    float64
		norms int
	}{{[]string{"conv"}, 0.0001, 0}, {[]string{"bn"}, 0.0001, 1}, {[]string{"fc"}, 0.00005, 1}, {[]string{"conv", "late"}, 0.0001, 2}} {
		got := p.of(rows, items(c.nodes...), 0.5)
		if got.Variation != (optimize.Ramp{From: 0.02, To: c.to}) || len(got.BatchNorms) != c.norms {
			t.Errorf("%v: %+v", c.nodes, got)
		}
	}
	if got := p.of(rows, items("fc"), 0); got.Variation != p.Variation {
		t.Errorf("nothing asked for: %+v", got.Variation)
	}
}

// Mean and variance of photos after a batch norm are those before it, which the net carries, through its affine map.
func TestMomentsGoThroughTheBatchNorm(t *testing.T) {
	const text = `{"nodes":[{"name":"bn","op":"bn","in":["input"],"eps":0.25,"momentum":0.1},{"name":"bn2","op":"bn","in":["bn"],"eps":0.25,"momentum":0.1},
		{"name":"gap","op":"gap","in":["bn2"]},{"name":"flat","op":"flatten","in":["gap"]},{"name":"fc","op":"linear","in":["flat"],"out":2,"bias":true}],
		"aliases":{"logits":"fc"}}`
	model := newNet(t, text, 4, 4)
	for _, node := range []string{"bn", "bn2"} {
		for name, values := range map[string][]float32{"weight": {1, 2, 3}, "bias": {0, 0.5, -1}, "running_mean": {0, 1, 2}, "running_var": {0.75, 2, 0}} {
			model.Params[node+"."+name] = format.Of(node+"."+name, []int{3}, values)
		}
	}
	v := newViewer(t, model, 1)
	v.options.Ascent.Priors.Moments = optimize.Constant(1)
	if _, err := v.priors(); err == nil || !strings.Contains(errs.HintOf(err), "adopt --stats") {
		t.Errorf("a net without statistics of photos: %v, hint %q", err, errs.HintOf(err))
	}
	for _, node := range []string{"bn", "bn2"} {
		setStatistic(model, "bn."+node+".mean", 0.5, 2, 1)
		setStatistic(model, "bn."+node+".var", 0.1, 1, 2)
	}
	setStatistic(model, "color.mean", 0.1, 0.2, 0.3)
	p, err := v.priors()
	if err != nil {
		t.Fatal(err)
	}
	if len(p.BatchNorms) != 2 || p.BatchNorms[0].Weight != 10 || p.BatchNorms[1].Weight != 1 || p.Mean[2] != 0.3 {
		t.Errorf("batch norms %+v, mean color %v", p.BatchNorms, p.Mean)
	}
	// By channel, weight / sqrt(variance + eps) is 1, 4/3 and 6.
	want := [2][]float64{{0.5, 4.0/3 + 0.5, -6 - 1}, {0.1, 16.0 / 9, 72}}
	for k, values := range p.moments["bn"] {
		for c, got := range values {
			if math.Abs(float64(got)-want[k][c]) > 1e-5 {
				t.Errorf("moment %d of channel %d is %v, want %v", k+1, c, got, want[k][c])
			}
		}
	}
	v.options.Ascent.Priors.Moments = optimize.Ramp{}
	delete(model.Stats, "color.mean")
	if p, err = v.priors(); err != nil || len(p.BatchNorms) > 0 || p.Mean[0] != 0.5 {
		t.Errorf("without the prior: %+v, error %v", p, err)
	}
}
