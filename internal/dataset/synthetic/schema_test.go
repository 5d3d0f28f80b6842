package synthetic

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"herbarium/internal/images"
	"herbarium/internal/schema"
)

// format/ITEMS.md names every factor with its type, and no other.
func TestItemsPageHasAllFactors(t *testing.T) {
	lines, err := schema.Section("../../../format/ITEMS.md", "Synthetic flowers")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]string{}
	for _, row := range schema.Rows(lines) {
		documented[strings.Trim(row[0], "`")], _, _ = strings.Cut(row[1], ",")
	}
	found := map[string]string{}
	flowers := Flowers{Seed: 1, Count: 200, Height: 8, Width: 8}
	for i := range flowers.Count {
		p, err := flowers.Load(i)
		if err != nil {
			t.Fatal(err)
		}
		for key, value := range p.Item {
			found[key] = jsonType(t, value)
		}
	}
	for key := range images.Keys() {
		delete(found, key)
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(found)), slices.Sorted(maps.Keys(documented))); diff != "" {
		t.Errorf("factors in the code (-) and in ITEMS.md (+):\n%s", diff)
	}
	for key, is := range found {
		if documented[key] != is {
			t.Errorf("%s is a %s, and in ITEMS.md a %s", key, is, documented[key])
		}
	}
}

func jsonType(t *testing.T, v any) string {
	t.Helper()
	switch v.(type) {
	case string:
		return "text"
	case bool:
		return "boolean"
	case int:
		return "integer"
	case float64, json.Number:
		return "number"
	}
	t.Fatalf("%T", v)
	return ""
}
