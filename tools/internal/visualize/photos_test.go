package visualize

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"herbarium/internal/errs"
	"herbarium/internal/graph"
	"herbarium/internal/images"
	"herbarium/internal/look"
)

// Pictures come photo by photo, then layer by layer, in the order of the net where none is named, then seed by seed.
func TestItemsOfPhotos(t *testing.T) {
	g, err := graph.Parse([]byte(`{"nodes":[{"name":"late","op":"relu","in":["input"]},{"name":"early","op":"relu","in":["late"]},
		{"name":"flat","op":"flatten","in":["early"]},{"name":"fc","op":"linear","in":["flat"],"out":2}],
		"aliases":{"logits":"fc","z":"late","a":"early"}}`))
	if err != nil {
		t.Fatal(err)
	}
	v, err := look.New(&graph.Net{Graph: g, Input: graph.Shape{3, 1, 1}}, look.Options{})
	if err != nil {
		t.Fatal(err)
	}
	photos := []look.Photo{
		{Height: 1, Width: 1, Pixels: []float32{0, 0, 0}, Item: images.Item{"name": "p"}},
		{Height: 1, Width: 1, Pixels: []float32{1, 1, 1}, Item: images.Item{"name": "q"}},
	}
	list := func(p FromPhotos, fromPhoto bool) (out []string) {
		items, of, err := p.items(v, photos, fromPhoto)
		if err != nil {
			t.Fatal(err)
		}
		keys := map[string]bool{}
		for i, item := range items {
			out = append(out, fmt.Sprintf("%s %s %d", item.Name, item.Unit.Text, item.Restart))
			keys[fmt.Sprint(item.Keys)] = true
			if !slices.Equal(item.Target, photos[of[i]].Pixels) || item.Name != photos[of[i]].Name() || (item.Start != nil) != fromPhoto {
				t.Errorf("item %d is of photo %d: %+v", i, of[i], item)
			}
			if item.Group != i/p.Seeds {
				t.Errorf("item %d is in group %d", i, item.Group)
			}
		}
		if len(keys) != len(items) {
			t.Errorf("%d items share %d keys", len(items), len(keys))
		}
		return out
	}
	want := []string{"p z 0", "p z 1", "p a 0", "p a 1", "p logits 0", "p logits 1", "q z 0", "q z 1", "q a 0", "q a 1", "q logits 0", "q logits 1"}
	if diff := cmp.Diff(want, list(FromPhotos{Seeds: 2}, true)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"p early:1 0", "q early:1 0"}, list(FromPhotos{Seeds: 1, Layer: []string{"early:1"}}, false)); diff != "" {
		t.Error(diff)
	}
	for _, layer := range []string{"early + late", "2 early", "early:mean(rose)"} {
		if _, _, err := (&FromPhotos{Seeds: 1, Layer: []string{layer}}).items(v, photos, false); !errs.IsUsage(err) {
			t.Errorf("--layer %s: %v", layer, err)
		}
	}
}
