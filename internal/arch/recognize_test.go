package arch

import (
	"testing"

	"herbarium/internal/graph"
)

func shapesOf(t *testing.T, name string, o Options) map[string][]int {
	t.Helper()
	o.Classes = 7
	g, err := Build(name, o)
	if err != nil {
		t.Fatal(err)
	}
	params, err := g.Params(graph.Shape{3, 64, 64})
	if err != nil {
		t.Fatal(err)
	}
	shapes := map[string][]int{}
	for _, p := range params {
		shapes[p.Name] = p.Shape
	}
	return shapes
}

// Every architecture is told from all others by its parameters.
func TestRecognizeKnowsEveryArchitecture(t *testing.T) {
	for _, name := range Names() {
		s := Recognize(shapesOf(t, name, Options{}))
		if got := s.Names(); len(got) != 1 || got[0] != name || s.Unsure() != nil || s.Stem != "" {
			t.Errorf("%s is taken for %q, stem %q, unsure %q: %s", name, got, s.Stem, s.Unsure(), s)
		}
	}
}

func TestRecognizeStemsAndShortcuts(t *testing.T) {
	tests := []struct {
		name     string
		o        Options
		stem     string
		shortcut string
		unsure   int
	}{
		{"resnet18", Options{}, "", "downsample", 0},
		{"resnet18", Options{Stem: small}, small, "downsample", 2},
		{"resnet50", Options{Stem: smallPool}, small, "downsample", 2},
		{"resnet34", Options{Stem: small, Shortcut: "shortcut", Head: "linear"}, small, "shortcut", 0},
		{"resnet20", Options{}, "", "", 0},
		{"resnet20", Options{Shortcut: "downsample", Head: "fc"}, "", "downsample", 0},
	}
	for _, tt := range tests {
		s := Recognize(shapesOf(t, tt.name, tt.o))
		if got := s.Names(); len(got) != 1 || got[0] != tt.name || s.Stem != tt.stem || s.Shortcut != tt.shortcut || len(s.Unsure()) != tt.unsure {
			t.Errorf("%s %+v: taken for %q, stem %q, shortcut %q, unsure %q", tt.name, tt.o, got, s.Stem, s.Shortcut, s.Unsure())
		}
	}
}

func TestRecognizeNothing(t *testing.T) {
	for _, shapes := range []map[string][]int{nil, {"fc.weight": {1}}, {"layer1.0.conv1.weight": {}, "layer1.0.conv3.weight": {0, 1}, "layer1.0.conv2.weight": {0, 0, 0, 0}}} {
		s := Recognize(shapes)
		if s.Names() != nil || s.String() == "" {
			t.Errorf("%v is taken for %s", shapes, s)
		}
	}
}

func TestCanonical(t *testing.T) {
	for name, want := range map[string]string{"resnet18": "resnet18", "resnet18.a1_in1k": "resnet18", "timm/resnet50d.ra2_in1k": "resnet50d", "": ""} {
		if got := Canonical(name); got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
}
