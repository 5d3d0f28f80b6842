package main

import (
	"math"

	"herbarium/format"
	"herbarium/internal/ascend"
	"herbarium/internal/graph"
	"herbarium/internal/images"
	"herbarium/internal/objective"
)

// describe is what a picture's item says, and the class that the picture is meant to be.
func (c *command) describe(model *graph.Net, it ascend.Item, r ascend.Result) (images.Item, int) {
	item := images.Item{
		"name":      it.Unit.Text,
		"unit":      it.Unit.Text,
		"seed":      c.Seed,
		"restart":   it.Keys[1],
		"steps":     c.Steps,
		"start":     round(r.Start),
		"end":       round(r.End),
		"saturated": round(saturated(r.Pixels)),
	}
	if largest, ok := largestOnData(model, it.Unit); ok && largest > 0 {
		item["times_max"] = round(r.End / largest)
	}
	label := images.NoLabel
	if len(model.Classes) > 0 && len(model.Classes) == len(r.Logits) {
		best, p := softmax(r.Logits)
		item["predicted"] = model.Classes[best]
		if k, ok := classOf(model, it.Unit); ok {
			label = k
			item["class"] = model.Classes[k]
			item["probability"] = round(p[k])
			item["margin"] = round(margin(r.Logits, k))
		}
	}
	if r.Dead {
		item["warning"] = "no gradient reached the picture: the unit is dead for it"
	}
	return item, label
}

// round keeps six significant digits: more would be noise.
func round(v float64) float64 {
	if v == 0 || math.IsInf(v, 0) || math.IsNaN(v) {
		return v
	}
	unit := math.Pow(10, 5-math.Floor(math.Log10(math.Abs(v))))
	return math.Round(v*unit) / unit
}

// classOf is the class of a unit that is one logit.
func classOf(model *graph.Net, u objective.Unit) (int, bool) {
	head, err := model.Graph.Find(graph.Logits)
	if err != nil || len(u.Terms) != 1 || u.Terms[0].Node != head.Name || u.Terms[0].Weight <= 0 || u.Terms[0].Channel < 0 {
		return 0, false
	}
	return u.Terms[0].Channel, true
}

// largestOnData is the largest value of a unit of one term on the training photos, by the same reduction: the
// spatial mean of a channel, the value of a neuron.
func largestOnData(model *graph.Net, u objective.Unit) (float64, bool) {
	if len(u.Terms) != 1 || u.Terms[0].Channel < 0 || u.Terms[0].Weight != 1 {
		return 0, false
	}
	name := "max." + u.Terms[0].Node
	if u.Terms[0].At {
		name = "peak." + u.Terms[0].Node
	}
	t, ok := model.Stats[name]
	if !ok {
		return 0, false
	}
	values, err := format.Float32s(&t)
	if err != nil || u.Terms[0].Channel >= len(values) {
		return 0, false
	}
	return float64(values[u.Terms[0].Channel]), true
}

// softmax are the probabilities and the most likely class.
func softmax(logits []float32) (best int, p []float64) {
	for i, v := range logits {
		if v > logits[best] {
			best = i
		}
	}
	p = make([]float64, len(logits))
	sum := 0.0
	for i, v := range logits {
		p[i] = math.Exp(float64(v - logits[best]))
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return best, p
}

// margin is the class's logit over the best other's.
func margin(logits []float32, k int) float64 {
	best := math.Inf(-1)
	for i, v := range logits {
		if i != k {
			best = math.Max(best, float64(v))
		}
	}
	return float64(logits[k]) - best
}

// saturated is the share of 8-bit values that are 0 or 255.
func saturated(pixels []byte) float64 {
	n := 0
	for _, v := range pixels {
		if v == 0 || v == 255 {
			n++
		}
	}
	return float64(n) / float64(len(pixels))
}
