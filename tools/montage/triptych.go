package main

import (
	"errors"
	"fmt"
	"math"

	"herbarium/format"
	"herbarium/internal/errs"
	"herbarium/internal/images"
	"herbarium/internal/sheet"
)

// panelKey says which part of a triptych a picture is; its value is also what {panel} in a caption gives.
const panelKey = "panel"

const (
	sourcePanel = "source"
	changePanel = "change"
	resultPanel = "result"
)

// triptych is a batch with three pictures for each: what it was made from, what was changed, and itself. Changes are shown on
// gray, multiplied by the largest of 1, 2, 5, 10, 20 ... that keeps all of them visible: the item's "times".
func triptych(b *images.Batch) (*images.Batch, error) {
	source, err := sources(b)
	if err != nil {
		return nil, err
	}
	size := b.Channels() * b.Height * b.Width
	out := &images.Batch{Classes: b.Classes, Height: b.Height, Width: b.Width, Meta: b.Meta}
	for i, item := range b.Items {
		from, to := source[i*size:(i+1)*size], b.Intensities(i, i+1)
		change, times := magnified(from, to)
		for k, values := range [][]float32{from, change, to} {
			labeled := item.Clone()
			labeled[panelKey], labeled["times"] = []string{sourcePanel, changePanel, resultPanel}[k], times
			out.Items, out.F32 = append(out.Items, labeled), append(out.F32, values...)
			if b.Labels != nil {
				out.Labels = append(out.Labels, b.Labels[i])
			}
		}
	}
	return out, nil
}

// sources are the originals [N,C,H,W] in [0,1] that a document carries.
func sources(b *images.Batch) ([]float32, error) {
	for i := range b.Extra {
		t := &b.Extra[i]
		if t.Name != images.SourceTensor {
			continue
		}
		if t.DType != format.U8 {
			return format.Values[float32](t)
		}
		return images.Intensities(t.Data), nil
	}
	return nil, errs.Hint(errors.New("--triptych: the pictures do not carry what they were made from (tensor source)"), "adversary writes it")
}

// magnified is gray plus a multiple of to - from, and that multiple; 0 if nothing has changed.
func magnified(from, to []float32) (out []float32, times float64) {
	largest := 0.0
	for k := range to {
		largest = math.Max(largest, math.Abs(float64(to[k])-float64(from[k])))
	}
	for power := 1.0; largest > 0 && power <= 1e5; power *= 10 {
		for _, digit := range []float64{1, 2, 5} {
			if t := digit * power; t == 1 || t*largest <= 0.5+1e-4 {
				times = t
			}
		}
	}
	out = make([]float32, len(to))
	for k := range to {
		out[k] = float32(math.Max(0, math.Min(1, 0.5+times*(float64(to[k])-float64(from[k])))))
	}
	return out, times
}

// triptychCaption says what each part shows:
//
//	daisy                    change × 20              seen as rose
//	seen as daisy            linf 0.0078, l2 0.31     pgd, 8 steps
func (p *picture) triptychCaption() []sheet.Line {
	item := p.item
	number := func(key string) string {
		v, _ := item.Number(key)
		return fmt.Sprintf("%.2g", v)
	}
	switch item.Text(panelKey) {
	case sourcePanel:
		name := p.class
		if name == "" {
			name = item.Name()
		}
		lines := []sheet.Line{{Text: name, Style: sheet.Strong}}
		if before := item.Text(images.KeyBefore); before != "" {
			lines = append(lines, sheet.Line{Text: "seen as " + before})
		}
		return lines
	case changePanel:
		times, _ := item.Number("times")
		if times == 0 {
			return []sheet.Line{{Text: "no change"}}
		}
		lines := []sheet.Line{{Text: fmt.Sprintf("change × %g", times), Style: sheet.Strong}}
		if _, ok := item.Number(images.KeyLinf); ok {
			lines = append(lines, sheet.Line{Text: "linf " + number(images.KeyLinf) + ", l2 " + number(images.KeyL2)})
		}
		return lines
	}
	var lines []sheet.Line
	style := sheet.Strong
	if seen := item.Text(images.KeyPredicted); seen != "" {
		if p.class != "" && seen != p.class {
			style = sheet.Alarm
		}
		lines = append(lines, sheet.Line{Text: "seen as " + seen, Style: style})
	}
	if attack := item.Text(images.KeyAttack); attack != "" {
		lines = append(lines, sheet.Line{Text: attack + ", " + number(images.KeySteps) + " steps"})
	}
	return lines
}
