package main

import (
	"math"

	"herbarium/format"
	"herbarium/internal/attack"
	"herbarium/internal/images"
	"herbarium/internal/stats"
)

// write writes attacked images: those that an attack has changed with what it did, the others as they were.
func (r *run) write(b *images.Batch, from int, p *attack.Problem, rows []int, pixels []float32) error {
	if err := r.out.SetClasses(b.Classes); err != nil {
		return err
	}
	size := 3 * b.Height * b.Width
	attacked := make([]bool, len(p.Items))
	for _, i := range rows {
		attacked[i] = true
	}
	for i := range p.Items {
		source := pixels[i*size : (i+1)*size]
		picture := images.Picture{Height: b.Height, Width: b.Width, Label: int(b.Labels[from+i]), Item: b.Items[from+i].Clone()}
		shape := []int{3, b.Height, b.Width}
		if b.U8 != nil {
			picture.Extra = []format.Tensor{format.Of("source", shape, b.U8[(from+i)*size:(from+i+1)*size])}
		} else {
			picture.Extra = []format.Tensor{format.Of("source", shape, source)}
		}
		image := source
		if attacked[i] {
			r.describe(picture.Item, p, i)
			if found := p.Results[i].Image; found != nil {
				image = found
			}
		}
		if r.Quantize {
			picture.U8 = make([]byte, size)
			for k, v := range image {
				picture.U8[k] = images.Byte(v)
			}
		} else {
			picture.F32 = image
		}
		if err := r.out.Add(picture); err != nil {
			return err
		}
	}
	return nil
}

// describe says what became of an item. What an earlier attack said goes.
func (r *run) describe(item images.Item, p *attack.Problem, i int) {
	for _, key := range []string{"attack", "eps", "linf", "l2", "steps", "restart", "target", "seed", "probability", "margin", "correct", "label_probability"} {
		delete(item, key)
	}
	classes, res := r.first.model.Classes, p.Results[i]
	best := 0
	for k, z := range p.Clean[i] {
		if z > p.Clean[i][best] {
			best = k
		}
	}
	item["before"] = classes[best]
	item["predicted"] = classes[res.Predicted]
	item["robust"] = !res.Broken
	item["success"] = res.Attack != ""
	item["seed"] = r.Seed
	if t := p.Items[i].Target; t != attack.NoTarget {
		item["target"] = classes[t]
	}
	if res.Attack == "" {
		return
	}
	item["attack"] = res.Attack
	item["eps"] = stats.Round(res.Eps)
	item["linf"] = round(res.Linf)
	item["l2"] = round(res.L2)
	item["steps"] = res.Step
	item["restart"] = res.Restart
}

// round keeps seven digits: those of a distance that has to be compared with eps.
func round(v float64) float64 {
	if v == 0 {
		return 0
	}
	unit := math.Pow(10, 6-math.Floor(math.Log10(v)))
	return math.Round(v*unit) / unit
}
