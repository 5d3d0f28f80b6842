package objective

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"herbarium/internal/arch"
	"herbarium/internal/errs"
	"herbarium/internal/graph"
	"herbarium/internal/net"
	"herbarium/internal/torch"
	"herbarium/internal/torchtest"
)

func resnet(t testing.TB, classes ...string) *graph.Net {
	t.Helper()
	g, err := arch.Build("resnet20", arch.Options{Classes: len(classes)})
	if err != nil {
		t.Fatal(err)
	}
	return &graph.Net{Graph: g, Classes: classes, Input: graph.Shape{3, 32, 32}}
}

func TestParse(t *testing.T) {
	n := resnet(t, "daisy", "black-eyed susan", "10", `a "b"`, "rose")
	for text, want := range map[string][]Term{
		"logits:daisy":                   {{Weight: 1, Node: "linear", Channel: 0}},
		"linear:4":                       {{Weight: 1, Node: "linear", Channel: 4}},
		"logits:10":                      {{Weight: 1, Node: "linear", Channel: 2}}, // there is no tenth
		`logits:"black-eyed susan"`:      {{Weight: 1, Node: "linear", Channel: 1}},
		`logits:"10"`:                    {{Weight: 1, Node: "linear", Channel: 2}},
		`logits:"a \"b\""`:               {{Weight: 1, Node: "linear", Channel: 3}},
		"layer3:7":                       {{Weight: 1, Node: "layer3.2", Channel: 7}},
		"layer3.1:12@4,5":                {{Weight: 1, Node: "layer3.1", Channel: 12, At: true, Y: 4, X: 5}},
		"layer3:0@c":                     {{Weight: 1, Node: "layer3.2", Channel: 0, At: true, Y: 4, X: 4}},
		"layer2":                         {{Weight: 1, Node: "layer2.2", Channel: -1}},
		"layer2@1,2":                     {{Weight: 1, Node: "layer2.2", Channel: -1, At: true, Y: 1, X: 2}},
		"logits:rose - 0.5 logits:daisy": {{Weight: 1, Node: "linear", Channel: 4}, {Weight: -0.5, Node: "linear", Channel: 0}},
		"- layer1:2 + 2 layer2:3":        {{Weight: -1, Node: "layer1.2", Channel: 2}, {Weight: 2, Node: "layer2.2", Channel: 3}},
		"layer2:mean(rose) - layer2:vector(v)@c": {{Weight: 1, Node: "layer2.2", Channel: -1, Direction: Direction{"mean", "rose"}},
			{Weight: -1, Node: "layer2.2", Channel: -1, At: true, Y: 8, X: 8, Direction: Direction{"vector", "v"}}},
		`layer2:mean("black-eyed susan")`:        {{Weight: 1, Node: "layer2.2", Channel: -1, Direction: Direction{"mean", "black-eyed susan"}}},
		`  3 logits:"black-eyed susan"  + conv1`: {{Weight: 3, Node: "linear", Channel: 1}, {Weight: 1, Node: "conv1", Channel: -1}},
	} {
		u, err := Parse(text, n)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if diff := cmp.Diff(want, u.Terms); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
}

func TestParseErrorsSayWhatToDo(t *testing.T) {
	n := resnet(t, "daisy", "10", "rose")
	for text, want := range map[string]string{
		"layer5:1":              "layer3",
		"logits:tulip":          `the net has no class "tulip"; its classes are "daisy", "10", "rose"`,
		"logits:dasy":           `the net has no class "dasy"; nearest is "daisy"`,
		"logits:7":              "0 to 2",
		"layer3:64":             "0 to 63",
		"layer3:-1":             "0 to 63",
		"layer3:daisy":          "logits",
		"layer3:1@8,0":          "7,7",
		"layer3:1@x":            "Y,X",
		"logits:0@1,1":          "no positions",
		"":                      "layer is missing",
		"logits:0 +":            "layer is missing",
		"logits:0 logits:1":     "follow a + or -",
		"+ - logits:0 - - conv": "two signs",
		`logits:"daisy`:         "not closed",
		"logits:":               "channel is missing",
		"1e300 1e300 conv1":     "too large",
		"NaN logits:1":          "NaN",
		"layer2:mean(rose":      "is not mean(NAME)",
		"layer2:vector()":       "is not vector(NAME)",
	} {
		if _, err := Parse(text, n); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want it to say %q", text, err, want)
		}
	}
}

// Numbers as class names (lucent's and captum's users count from 0, folders are called 1, 2, 10, 11): a text that may mean two
// classes is no unit, and says which two.
func TestNumbersAsClassNames(t *testing.T) {
	n := resnet(t, "1", "10", "11", "3") // 1 may be number 1, which is called 10
	for text, want := range map[string]int{`logits:0`: 0, `logits:10`: 1, `logits:"1"`: 0, `logits:"10"`: 1, `logits:3`: 3, `linear:"11"`: 2} {
		u, err := Parse(text, n)
		if err != nil || u.Terms[0].Channel != want {
			t.Errorf("%s: %v, %v", text, u.Terms, err)
		}
	}
	for _, text := range []string{"logits:1", "linear:1", "layer2:mean(1)", "logits:3 - logits:1"} {
		_, err := Parse(text, n)
		if err == nil || !strings.HasSuffix(err.Error(), `1 may be the class called "1", which is number 0, or class number 1, which is called "10"`) {
			t.Errorf("%s: %v", text, err)
		}
		if hint := errs.HintOf(err); !strings.Contains(hint, `'logits:"1"' or 'logits:"10"'`) {
			t.Errorf("%s: hint %q", text, hint)
		}
	}
	var all []string
	for channel := range 4 {
		all = append(all, ChannelOf("logits", channel, n))
	}
	if diff := cmp.Diff([]string{"logits:0", `logits:"10"`, "logits:2", "logits:3"}, all); diff != "" {
		t.Error(diff)
	}
	if got := ChannelOf("layer1", 1, n); got != "layer1:1" {
		t.Error(got)
	}
	if u, err := Parse("layer1:1", n); err != nil || u.Terms[0].Channel != 1 { // a channel is no class
		t.Error(err)
	}
	if u, err := Parse("layer2:mean(2)", n); err != nil || u.Terms[0].Direction.Name != "11" {
		t.Errorf("%v, %v", u.Terms, err)
	}
}

// However a unit is written, its pictures begin with the same noise.
func TestOneUnitHasOneKey(t *testing.T) {
	n := resnet(t, "airplane", "moon orchid", "2", "tench, Tinca tinca")
	for key, texts := range map[string][]string{
		"logits:airplane":                    {"logits:airplane", "logits:0", "linear:0", `linear:"airplane"`},
		`logits:"moon orchid"`:               {`logits:"moon orchid"`, "logits:1"},
		`logits:"2"`:                         {"logits:2", `logits:"2"`},
		`logits:"tench, Tinca tinca"`:        {"logits:3", "logits:tench", `logits:"Tinca tinca"`, `linear:"tench, Tinca tinca"`},
		"layer3:7":                           {"layer3:7", "layer3.2:7"},
		"layer3:7@c":                         {"layer3:7@c", "layer3.2:7@c"},
		"layer3.1:7@1,2":                     {"layer3.1:7@1,2"},
		"layer2":                             {"layer2", "layer2.2", " layer2 "},
		"layer2:mean(rose)":                  {"layer2.2:mean(rose)"},
		"logits:airplane - 0.5 logits:\"2\"": {"logits:0 - 0.5 logits:2", "linear:airplane  -  0.5 linear:2"},
	} {
		for _, text := range texts {
			if u, err := Parse(text, n); err != nil || u.Key != key || u.Text != text {
				t.Errorf("%s has the key %s, want %s; error %v", text, u.Key, key, err)
			}
		}
	}
}

// A class name that is not in quotes where it has to be: the message says how to write it.
func TestQuotesThatAreMissing(t *testing.T) {
	n := resnet(t, "daisy", "moon orchid", "tench, Tinca tinca")
	for text, want := range map[string][2]string{
		"logits:moon orchid":                {`"moon orchid" must be in double quotes, as it has blanks`, `'logits:"moon orchid"'`},
		"logits:tench, Tinca tinca":         {`must be in double quotes`, `'logits:"tench, Tinca tinca"'`},
		"logits:Tinca tinca - logits:daisy": {`must be in double quotes`, `'logits:"Tinca tinca"'`},
		"logits:mon orchid":                 {`no class "mon orchid"; nearest is "moon orchid"`, ""},
		"logits:daisy orchid":               {`"orchid" must follow a + or -`, ""},
		`logits:"mon orchid"`:               {`no class "mon orchid"; nearest is "moon orchid"`, ""},
	} {
		if _, err := Parse(text, n); err == nil || !strings.Contains(err.Error(), want[0]) || !strings.Contains(errs.HintOf(err), want[1]) {
			t.Errorf("%s: %v, hint %q; want %q", text, err, errs.HintOf(err), want)
		}
	}
}

func FuzzParse(f *testing.F) {
	n := resnet(f, "daisy", "10", "black-eyed susan")
	for _, seed := range []string{"logits:daisy", `2 layer3:"x"@1,2 - conv1`, `"\`, "@@", "::", "1e999 conv1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		u, err := Parse(text, n)
		if err != nil {
			return
		}
		for _, term := range u.Terms {
			if math.IsNaN(term.Weight) || math.IsInf(term.Weight, 0) {
				t.Errorf("%q: weight %v", text, term.Weight)
			}
		}
	})
}

func TestValuesByHand(t *testing.T) {
	s := torchtest.Pin(t)
	// Two items of a layer of 2 channels and 2x2 positions, and of a layer of 3 features.
	maps := torch.From(s, []int{2, 2, 2, 2}, []float32{
		1, 2, 3, 4, 10, 20, 30, 40,
		-1, -2, -3, -4, 5, 5, 5, 6,
	})
	flat := torch.From(s, []int{2, 3, 1, 1}, []float32{7, 8, 9, -7, -8, -9})
	activations := map[string]torch.Tensor{"maps": maps, "flat": flat}
	unit := func(terms ...Term) Unit { return Unit{Terms: terms} }
	for name, c := range map[string]struct {
		units []Unit
		want  []float32
	}{
		"a channel is its mean": {[]Unit{unit(Term{Weight: 1, Node: "maps", Channel: 1}), unit(Term{Weight: 2, Node: "maps", Channel: 0})},
			[]float32{25, -5}},
		"a neuron is its value": {[]Unit{unit(Term{Weight: 1, Node: "maps", Channel: 1, At: true, Y: 1, X: 0}), unit(Term{Weight: 3, Node: "maps", Channel: 0, At: true, Y: 0, X: 1})},
			[]float32{30, -6}},
		"a layer is its mean square": {[]Unit{unit(Term{Weight: 1, Node: "maps", Channel: -1}), unit(Term{Weight: 1, Node: "flat", Channel: -1})},
			[]float32{(1 + 4 + 9 + 16 + 100 + 400 + 900 + 1600) / 8.0, (49 + 64 + 81) / 3.0}},
		"a position is its mean square": {[]Unit{unit(Term{Weight: 1, Node: "maps", Channel: -1, At: true, Y: 0, X: 1}), unit(Term{Weight: 1, Node: "flat", Channel: 2})},
			[]float32{(4 + 400) / 2.0, -9}},
		"sums": {[]Unit{unit(Term{Weight: 1, Node: "flat", Channel: 0}, Term{Weight: -0.5, Node: "flat", Channel: 2}), unit(Term{Weight: 1, Node: "flat", Channel: 1}, Term{Weight: 1, Node: "maps", Channel: 1})},
			[]float32{7 - 4.5, -8 + 5.25}},
	} {
		got := torch.Read[float32](s, NewBatch(s, c.units, torch.CPU).Value(s, activations))
		for i := range c.want {
			if math.Abs(float64(got[i]-c.want[i])) > 1e-4 {
				t.Errorf("%s: item %d is %v, want %v", name, i, got[i], c.want[i])
			}
		}
	}
}

// A direction counts by its dot product with the spatial mean, or with one position.
func TestDirectionsAreDotProducts(t *testing.T) {
	s := torchtest.Pin(t)
	a := torch.From(s, []int{2, 2, 1, 2}, []float32{1, 3, 5, 7, 2, 4, 6, 8}) // channel means 2, 6 and 3, 7
	u := Unit{Terms: []Term{{Weight: 2, Node: "a", Channel: -1, Direction: Direction{"vector", "v"}}}}
	at := Unit{Terms: []Term{{Weight: 1, Node: "a", Channel: -1, At: true, X: 1, Direction: Direction{"vector", "v"}}}}
	for _, unit := range []*Unit{&u, &at} {
		if err := unit.Resolve(func(string, Direction) ([]float64, error) { return []float64{1, -0.5}, nil }); err != nil {
			t.Fatal(err)
		}
	}
	got := torch.Read[float32](s, NewBatch(s, []Unit{u, at}, torch.CPU).Value(s, map[string]torch.Tensor{"a": a}))
	if want := []float32{2 * (2 - 0.5*6), 4 - 0.5*8}; !cmp.Equal(got, want) {
		t.Errorf("values %v, want %v", got, want)
	}
}

func TestTargetsThatCannotBeMatched(t *testing.T) {
	s := torchtest.Pin(t)
	inf := float32(math.Inf(1))
	for name, c := range map[string]struct {
		values []float32
		want   string
	}{
		"zero":     {[]float32{1, 2, 0, 0}, "photo 2 of the batch leaves the unit at zero: there is nothing to match"},
		"infinite": {[]float32{inf, 1, 2, 3}, "photo 1 of the batch gives activations that overflow: there is nothing to match"},
		"NaN":      {[]float32{1, inf - inf, 2, 3}, "photo 1 of the batch gives activations that overflow: there is nothing to match"},
		"large":    {[]float32{1, 1e30, 2, 3}, "photo 1 of the batch gives activations that overflow: there is nothing to match"},
	} {
		_, err := NewTarget(s, s, Term{Node: "a", Channel: -1}, torch.From(s, []int{2, 2}, c.values), Inversion)
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Measures of similarity to a target by hand, in two dimensions.
func TestTargetMeasures(t *testing.T) {
	s := torchtest.Pin(t)
	photo := torch.From(s, []int{1, 2}, []float32{3, -4})
	m, err := NewTarget(s, s, Term{Node: "a", Channel: -1}, photo, Caricature(2))
	if err != nil {
		t.Fatal(err)
	}
	picture := map[string]torch.Tensor{"a": torch.From(s, []int{1, 2}, []float32{6, 8})}
	want := map[string]float64{"error": math.Sqrt(9+144) / 5, "norm": 5, "cosine": (18.0 - 32) / (5 * 10), "gain": 18.0 / 9}
	for name, v := range m.Measures(s, picture) {
		if got := s.Number(v); math.Abs(got-want[name]) > 1e-5 {
			t.Errorf("%s is %v, want %v", name, got, want[name])
		}
	}
	// <f,r>/|r|^2 = 2, and the cosine between f and r = (3,0) is 0.6.
	if got := s.Number(m.Value(s, picture)); math.Abs(got-2*0.36) > 1e-5 {
		t.Errorf("the caricature's value is %v, want %v", got, 2*0.36)
	}
}

// A token before the grid is measured by itself, and the grid without it.
func TestPrefixTokensAreUnits(t *testing.T) {
	torchtest.Pin(t)
	s := torch.NewScope()
	defer s.Close()
	units := []Unit{
		{Terms: []Term{{Weight: 2, Node: "block", Channel: 1, At: true, X: 1, Prefix: true}}},
		{Terms: []Term{{Weight: 1, Node: "block", Channel: 1}}},
	}
	maps := map[string]torch.Tensor{
		"block":               torch.From(s, []int{2, 2, 1, 2}, []float32{0, 0, 0, 0, 0, 0, 3, 5}),
		net.PrefixOf("block"): torch.From(s, []int{2, 2, 1, 2}, []float32{1, 2, 3, 7, 0, 0, 0, 0}),
	}
	got := torch.Read[float32](s, NewBatch(s, units, torch.CPU).Value(s, maps))
	if got[0] != 14 || got[1] != 4 {
		t.Errorf("values %v, want 14 and 4", got)
	}
}

// Modules of a sequence have names that are numbers: what no layer follows is no weight.
func TestLayersCalledByNumbers(t *testing.T) {
	n := resnet(t, "a", "b")
	n.Graph.Aliases["1.0"] = n.Graph.Aliases["layer3"]
	for text, want := range map[string]float64{"1.0": 1, "2 1.0": 2, "conv1 - 1.0": -1, "1.0 1.0": 1} {
		u, err := Parse(text, n)
		if err != nil || u.Terms[len(u.Terms)-1].Node != n.Graph.Aliases["layer3"] || u.Terms[len(u.Terms)-1].Weight != want {
			t.Errorf("%s: %+v, %v", text, u.Terms, err)
		}
	}
	if _, err := Parse("3", n); err == nil {
		t.Error("a weight of nothing passes")
	}
}
