package main

import (
	"math"
	"strings"
	"testing"

	"herbarium/format"
)

// --verify refuses what score would refuse, in one line that says which item or node it is and what to do.
func TestVerifyRefuses(t *testing.T) {
	net := func(from, to string) *format.Document {
		d := smallNet(t)
		if d.Meta["graph"] = strings.Replace(d.Meta["graph"], from, to, 1); from != "" && d.Meta["graph"] == smallNet(t).Meta["graph"] {
			t.Fatalf("no %s in the graph", from)
		}
		return d
	}
	items := func(text string) *format.Document {
		d := photos(2, 0, "")
		d.Meta["items"] = text
		return d
	}
	tensor := func(d *format.Document, t format.Tensor) *format.Document {
		for i := range d.Tensors {
			if d.Tensors[i].Name == t.Name {
				d.Tensors[i] = t
				return d
			}
		}
		d.Tensors = append(d.Tensors, t)
		return d
	}
	two := smallNet(t)
	two.Meta["input"] = "[2,8,8]"
	tensor(two, format.Of("conv1.weight", []int{4, 2, 3, 3}, make([]float32, 72)))
	for name, c := range map[string]struct {
		d    *format.Document
		says string
	}{
		"no logits":         {net(`,"aliases":{"logits":"fc"}`, ``), `document 1 (net): net: it names classes and does not say which node gives the logits [K]: write "aliases": {"logits": "fc"} into the graph, or another node`},
		"logits are maps":   {net(`"logits":"fc"`, `"logits":"conv1"`), "document 1 (net): net: classes: 2 names for 4 logits"},
		"two channels":      {two, "the net takes images of 2 channels"},
		"no groups":         {net(`,"groups":1`, ``), "groups"},
		"no dilation":       {net(`,"dilation":[1,1]`, ``), "dilation"},
		"NaN in a weight":   {tensor(smallNet(t), format.Of("fc.bias", []int{2}, []float32{0, float32(math.NaN())})), `tensor "fc.bias": element 1 is NaN or infinite`},
		"misshapen":         {tensor(smallNet(t), format.Of("fc.bias", []int{3}, make([]float32, 3))), "fc.bias is F32 3, not F32 2"},
		"too few items":     {items(`[{"name":"a"}]`), "document 1 (images): 1 items for 2 pictures"},
		"item's type":       {items(`[{"name":"a"},{"name":"b","probability":1.5}]`), `document 1 (images): item 1 (b): "probability" is 1.5: this key is for a number from 0 to 1 (format/ITEMS.md); give it that, or use another key`},
		"label":             {tensor(items(`[{},{"name":"b"}]`), format.Of("label", []int{2}, []int64{0, 2})), "item 1 (b): label 2, but there are 2 classes"},
		"normalized pixels": {tensor(photos(2, 0, ""), format.Of("image", []int{2, 3, 1, 2}, []float32{0, 0, 0, 0, 0, 0, 0, -2.1, 0, 0, 0, 0})), `item 1 (p1): tensor "image" has values from -2.1 to 0, want pixels from 0 to 1`},
	} {
		t.Run(name, func(t *testing.T) {
			out, errs, status := peek(stream(t, format.WriterOptions{}, c.d), "--verify")
			if status != 1 || out != "" || !strings.Contains(errs, c.says) || strings.Count(errs, "peek: document") != 1 {
				t.Errorf("status %d, %s%s; want %s", status, out, errs, c.says)
			}
		})
	}
}
