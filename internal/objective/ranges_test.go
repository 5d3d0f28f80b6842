package objective

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRanges(t *testing.T) {
	n := resnet(t, "daisy", "0-1", "rose")
	for text, want := range map[string][]string{
		"layer3:7":               {"layer3:7"},
		"layer3:7-9":             {"layer3:7", "layer3:8", "layer3:9"},
		"layer3.1:63-63":         {"layer3.1:63"},
		"layer1:0-1@c":           {"layer1:0@c", "layer1:1@c"},
		"layer1:0-1@2,3":         {"layer1:0@2,3", "layer1:1@2,3"},
		"linear:1-2":             {"linear:1", "linear:2"},
		"logits:0-1":             {"logits:0-1"}, // a class
		"logits:rose - layer1:2": {"logits:rose - layer1:2"},
		"nonsense":               {"nonsense"}, // for Parse to refuse
	} {
		got, err := Ranges([]string{"layer2", text}, n)
		if diff := cmp.Diff(append([]string{"layer2"}, want...), got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", text, err, diff)
		}
	}
	for text, want := range map[string]string{
		"layer3:9-7":         "units layer3:9-7: the range is empty: 9 is more than 7",
		"layer3:0-64":        "layer3 has channels 0 to 63, not 64",
		"layer3:0-999999999": "layer3 has channels 0 to 63",
		"layer9:0-3":         "layer9",
	} {
		if _, err := Ranges([]string{text}, n); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", text, err, want)
		}
	}
}

func TestMeasured(t *testing.T) {
	n := resnet(t, "daisy", "rose")
	values, err := n.Graph.Values(n.Input)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"layer3:7":                    "mean",
		"layer3:mean(rose)":           "mean",
		"layer3:7@c":                  "activation",
		"logits:rose":                 "activation",
		"avgpool:3":                   "activation",
		"layer3":                      "mean square",
		"layer3@c":                    "mean square",
		"logits:rose - 2 logits:rose": "sum",
	} {
		if u, err := Parse(text, n); err != nil || u.Measured(values) != want {
			t.Errorf("%s: %q, %v; want %q", text, u.Measured(values), err, want)
		}
	}
}
