package score

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"herbarium/format"
	"herbarium/internal/images"
)

// A red of 0.5 whose original has 0.4: its mean squared difference is 0.01/3, and the logits are 2 and 1.6, so that their
// error is a quarter. A picture that equals its original has no PSNR.
func TestQualityByHand(t *testing.T) {
	b := batch(rgb, picture{[3]float32{0.5, 0, 0}, "red", "made"}, picture{red, "red", "copy"})
	b.Items[0]["source"], b.Items[1]["psnr"] = "photo", 3.0
	originals := &Originals{}
	if err := originals.Add(batch(rgb, picture{[3]float32{0.4, 0, 0}, "red", "photo"}, picture{red, "red", "copy"})); err != nil {
		t.Fatal(err)
	}
	got := scored(t, scorer(t, times4(t), func(o *Options) { o.Originals, o.Layers = originals, []string{"fc"} }), b).Comparison
	item := b.Items[0]
	near(t, "PSNR", item["psnr"], -10*math.Log10(0.01/3))
	near(t, "variation", item["variation"], 0)
	near(t, "error", item["error"].(map[string]any)["fc"], 0.25)
	if _, ok := b.Items[1]["psnr"]; ok || got.Exact != 1 || got.PSNR.N != 1 || got.Ratio != nil || got.Error["fc"].N != 2 || got.Error["fc"].Min != 0 {
		t.Errorf("%+v, copy %v", got, b.Items[1])
	}
}

// Pixels of 0 and 1 side by side in both rows, in one channel: two differences of 1 over four pixels. The original has half
// of each difference, so a quarter of the variation. It comes with the document, as bytes.
func TestVariationByHand(t *testing.T) {
	b := batch(rgb, picture{red, "red", ""})
	copy(b.F32, []float32{0, 1, 0, 1})
	source := make([]byte, 12)
	copy(source, []byte{0, 51, 0, 51})
	b.Extra = []format.Tensor{format.Of("source", []int{1, 3, 2, 2}, source)}
	got := scored(t, scorer(t, times4(t), nil), b).Comparison
	variation, _ := b.Items[0]["variation"].(float64)
	near(t, "variation over the original's", variation/b.Items[0]["source_variation"].(float64), 25)
	near(t, "the ratio", got.Ratio.Median, 25)
	near(t, "PSNR", b.Items[0]["psnr"], -10*math.Log10(2*0.8*0.8/12))
}

func TestOriginalsThatDoNotFit(t *testing.T) {
	originals := &Originals{}
	if err := originals.Add(batch(rgb, picture{red, "red", "a"})); err != nil || originals.Len() != 1 {
		t.Fatal(err)
	}
	if err := originals.Add(batch(rgb, picture{red, "red", "a"})); err == nil || !strings.HasPrefix(err.Error(), `two images named "a"`) {
		t.Error(err)
	}
	larger := batch(rgb, picture{red, "red", "a"})
	larger.Height, larger.F32 = 4, append(larger.F32, larger.F32...)
	bytes := batch(rgb, picture{red, "red", "b"})
	bytes.U8, bytes.F32 = make([]byte, 12), nil
	if err := originals.Add(bytes); err != nil {
		t.Fatal(err)
	}
	for want, b := range map[string]*images.Batch{
		`item 0 (c): no original "c" in --source`:              batch(rgb, picture{red, "red", "c"}),
		`item 0 (a) is 4x2, its original 2x2`:                  larger,
		`item 1 (b): its original is U8, those before are F32`: batch(rgb, picture{red, "red", "a"}, picture{red, "red", "b"}),
	} {
		if _, err := originals.of(b); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if none, err := (*Originals)(nil).of(batch(rgb, picture{red, "red", "a"})); none != nil || err != nil {
		t.Errorf("a batch without originals has %v, %v", none, err)
	}
	if diff := cmp.Diff(2, originals.Len()); diff != "" {
		t.Error(diff)
	}
}
