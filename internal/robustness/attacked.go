package robustness

import (
	"slices"

	"herbarium/format"
	"herbarium/internal/attack"
	"herbarium/internal/images"
	"herbarium/internal/measure"
	"herbarium/internal/stats"
)

// Attacked are images of a batch that were attacked together.
type Attacked struct {
	attack.Problem
	rows    []int // the items that were attacked; others are of their target's class
	batch   *images.Batch
	from    int       // the first of them in the batch
	pixels  []float32 // [N,C,H,W]
	classes []string  // of the net
}

// Len is how many there are.
func (a *Attacked) Len() int { return len(a.Items) }

// Picture is the i-th image as it is passed on: what an attack made of it, or else the image as it was. The original is
// its tensor source, and its item says what became of it.
func (a *Attacked) Picture(i int) images.Picture {
	b, at := a.batch, a.from+i
	size := len(a.pixels) / a.Len()
	source := a.pixels[i*size : (i+1)*size]
	p := images.Picture{Height: b.Height, Width: b.Width, Label: int(b.Labels[at]), Item: b.Items[at].Clone()}
	shape := b.Shape()[1:]
	if b.U8 != nil {
		p.Extra = []format.Tensor{format.Of(images.SourceTensor, shape, b.Bytes(at, at+1))}
	} else {
		p.Extra = []format.Tensor{format.Of(images.SourceTensor, shape, source)}
	}
	image := source
	if slices.Contains(a.rows, i) {
		a.describe(p.Item, i)
		if found := a.Results[i].Image; found != nil {
			image = found
		}
	}
	if !a.Quantize {
		p.F32 = image
		return p
	}
	p.U8 = images.Bytes(image)
	return p
}

// describe says what became of an item, in place of what an earlier attack or score said of it.
func (a *Attacked) describe(item images.Item, i int) {
	for _, key := range []string{images.KeyAttack, images.KeyEps, images.KeyLinf, images.KeyL2, images.KeySteps, images.KeyRestart,
		images.KeyTarget, images.KeySeed, images.KeyProbability, images.KeyMargin, images.KeyCorrect, images.KeyLabelProbability} {
		delete(item, key)
	}
	r := a.Results[i]
	item[images.KeyBefore] = a.classes[measure.Predict(a.Clean[i]).Class]
	item[images.KeyPredicted] = a.classes[r.Predicted]
	item[images.KeyRobust] = !r.Broken
	item[images.KeySuccess] = r.Attack != ""
	item[images.KeySeed] = a.Seed
	if t := a.Items[i].Target; t != attack.NoTarget {
		item[images.KeyTarget] = a.classes[t]
	}
	if r.Attack == "" {
		return
	}
	item[images.KeyAttack] = r.Attack
	item[images.KeyEps] = stats.Round(r.Eps)
	item[images.KeyLinf] = round(r.Linf)
	item[images.KeyL2] = round(r.L2)
	item[images.KeySteps] = r.Step
	item[images.KeyRestart] = r.Restart
}

// round keeps seven digits: those of a distance that has to be compared with eps.
func round(v float64) float64 { return stats.RoundTo(7, v) }
