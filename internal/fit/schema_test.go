package fit

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"herbarium/internal/schema"
	"herbarium/internal/torchtest"
)

// format/NET.md lists every field of a net's history with its type.
func TestNetPageHasAllOfTheHistory(t *testing.T) {
	documented, err := schema.ReadFields("../../format/NET.md", "History")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(schema.Fields(reflect.TypeFor[Epoch]()), documented); diff != "" {
		t.Errorf("fields in the code (-) and in NET.md (+):\n%s", diff)
	}
}

// format/NET.md lists the statistics of every net, with their numbers of axes.
func TestNetPageHasAllStatistics(t *testing.T) {
	lines, err := schema.Section("../../format/NET.md", "Tensors")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]int{}
	for _, row := range schema.Rows(lines) {
		documented[strings.TrimPrefix(strings.Trim(row[0], "`"), "stat.")] = strings.Count(row[1], ",") + 1
	}
	torchtest.Pin(t)
	set := stripes(t, 4, 8)
	model, n := small(t, set)
	stats, err := Stats(n, set)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	for name, tensor := range stats {
		for _, node := range model.Graph.Nodes {
			parts := strings.Split(name, "."+node.Name)
			if len(parts) == 2 && (parts[1] == "" || parts[1] == ".mean" || parts[1] == ".var") && slices.Contains([]string{"max", "peak", "apart", "bn"}, parts[0]) {
				name = parts[0] + ".NODE" + parts[1]
				break
			}
		}
		found[name] = len(tensor.Shape)
	}
	if diff := cmp.Diff(found, documented); diff != "" {
		t.Errorf("statistics in the code (-) and in NET.md (+):\n%s", diff)
	}
}
