package look

import (
	"math"

	"herbarium/internal/ascend"
	"herbarium/internal/graph"
	"herbarium/internal/images"
	"herbarium/internal/measure"
	"herbarium/internal/objective"
	"herbarium/internal/stats"
)

// Compare adds to an item how its picture compares with the photo that it was made of: those of [objective.Target]'s measures
// that are asked for, and
//
//	psnr               in dB, see measure.PSNR; an exact copy has none
//	source_variation   total variation of the photo
func (v *Viewer) Compare(item images.Item, r ascend.Result, p *Photo, measures []string) error {
	for _, name := range measures {
		v := stats.Round(r.Measures[name])
		if name == objective.MeasureError { // by layer, as score writes it
			item[name] = map[string]any{item.Text(images.KeyUnit): v}
		} else {
			item[name] = v
		}
	}
	if psnr := measure.PSNR(images.Intensities(r.Pixels), p.Pixels); !math.IsInf(psnr, 0) {
		item[images.KeyPSNR] = stats.Round(psnr)
	}
	variation, err := measure.Variation(p.Pixels, p.Shape())
	if err != nil {
		return err
	}
	item[images.KeySourceVariation] = stats.Round(variation[0])
	return nil
}

// ErrorBetween is |f - f0| over the mean distance between the activations of different training photos, both at the unit's
// layer as a whole; false if the net does not carry that distance.
func (v *Viewer) ErrorBetween(u objective.Unit, r ascend.Result) (float64, bool) {
	distance, err := statistic(v.Model, graph.StatPairDistance(u.Terms[0].Node))
	norm, ok := r.Measures[objective.MeasureNorm]
	if err != nil || len(distance) != 1 || !ok || u.Terms[0].Channel >= 0 || u.Terms[0].At || !(distance[0] > 0) {
		return 0, false
	}
	return stats.Round(r.Measures[objective.MeasureError] * norm / float64(distance[0])), true
}

// Describe is the item of every picture, and its label. All of it was measured on the 8-bit picture without transforms:
//
//	unit, seed, restart, steps, start, end, saturated
//	times_max              the end as a multiple of the largest value on any training photo
//	likeness               to the other restarts, with --diversity
//	predicted              the most likely class
//	probability, margin    for a unit that is one class: of that class; a single one has no margin
//	variation              total variation of the picture, see measure.Variation
func (v *Viewer) Describe(it ascend.Item, r ascend.Result) (item images.Item, label int, err error) {
	variation, err := measure.Variation(images.Intensities(r.Pixels), v.Model.Input)
	if err != nil {
		return nil, images.NoLabel, err
	}
	item = images.Item{
		images.KeyName:      it.Name,
		images.KeyUnit:      it.Unit.Text,
		images.KeySeed:      v.options.Ascent.Seed,
		images.KeyRestart:   it.Restart,
		images.KeySteps:     r.Steps,
		images.KeyStart:     stats.Round(r.Start),
		images.KeyEnd:       stats.Round(r.End),
		images.KeySaturated: stats.Round(saturated(r.Pixels)),
		images.KeyVariation: stats.Round(variation[0]),
	}
	if it.Target == nil {
		if largest, ok := largestOnData(v.Model, it.Unit); ok && largest > 0 {
			item[images.KeyTimesMax] = stats.Round(r.End / largest)
		}
	}
	if likeness, ok := r.Measures[objective.MeasureLikeness]; ok {
		item[images.KeyLikeness] = stats.Round(likeness)
	}
	label = images.NoLabel
	if len(v.Model.Classes) > 0 && len(v.Model.Classes) == len(r.Logits) && measure.Finite(r.Logits) {
		several := len(r.Logits) > 1 // one number says yes or no: there is nothing that is less likely
		if several {
			item[images.KeyPredicted] = v.Model.Classes[measure.Predict(r.Logits).Class]
		}
		if k, ok := classOf(v.Model, it.Unit); ok && it.Target == nil {
			label = k
			item[images.KeyClass] = v.Model.Classes[k]
			if several {
				item[images.KeyProbability] = stats.Round(math.Exp(measure.LogProbability(r.Logits, k)))
				item[images.KeyMargin] = stats.Round(margin(r.Logits, k))
			}
		}
	}
	if r.Dead {
		item[images.KeyWarning] = "no gradient reached the picture: the unit is dead for it"
	}
	return item, label, nil
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
	if len(u.Terms) != 1 || u.Terms[0].Channel < 0 || u.Terms[0].Weight != 1 || u.Terms[0].Prefix {
		return 0, false
	}
	name := graph.StatMax(u.Terms[0].Node)
	if u.Terms[0].At {
		name = graph.StatPeak(u.Terms[0].Node)
	}
	values, err := statistic(model, name)
	if err != nil || u.Terms[0].Channel >= len(values) {
		return 0, false
	}
	return float64(values[u.Terms[0].Channel]), true
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
