package look

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"herbarium/format"
	"herbarium/internal/graph"
	"herbarium/internal/objective"
	"herbarium/internal/torchtest"
)

// surveyed is a survey of photos, added in two parts.
func surveyed(t *testing.T, v *Viewer, units []objective.Unit, k int, photos []Photo) *Survey {
	t.Helper()
	g, err := v.NewSurvey(units, k)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	for _, part := range [][]Photo{photos[:len(photos)/3], photos[len(photos)/3:]} {
		if err := g.Add(part); err != nil {
			t.Fatal(err)
		}
	}
	if g.Len() != len(photos) {
		t.Errorf("%d photos, want %d", g.Len(), len(photos))
	}
	return g
}

// The photos that excite units most, and where, and the means of classes are those of an exhaustive computation from the
// definitions, in double precision.
func TestSurveyEqualsExhaustiveComputation(t *testing.T) {
	torchtest.Pin(t)
	const height, width, k = 8, 10, 4
	model := newNet(t, convNet, height, width)
	photos := newPhotos(75, height, width)                                                 // more than two batches
	units := unitsOf(t, model, "a:0", "- a:0", "b:1@2,3", "b", "logits:1", "a:0", "2 b:2") // one of them twice
	g := surveyed(t, newViewer(t, model, 1), units, k, photos)
	sums := map[layerClass][]float64{}
	for _, u := range units {
		term := u.Terms[0]
		type found struct {
			photo, at int
			value     float64
		}
		var all []found
		for i := range photos {
			values := activations(t, model, photos[i].Pixels, term.Node)
			f := found{photo: i, at: term.Y*(width/2) + term.X}
			var seen []float64 // by position
			switch {
			case term.At:
				f.value = values[term.Channel][f.at]
			case term.Channel < 0:
				seen = make([]float64, len(values[0]))
				for _, plane := range values {
					for p, a := range plane {
						seen[p] += a * a
						f.value += a * a / float64(len(plane)*len(values))
					}
				}
			default:
				seen = slices.Clone(values[term.Channel])
				f.value = mean(seen)
			}
			f.value *= term.Weight
			for p, a := range seen {
				if a *= term.Weight; p == 0 || a > seen[0] {
					seen[0], f.at = a, p
				}
			}
			all = append(all, f)
			class := layerClass{term.Node, photos[i].Class}
			if u.Text == "b" || u.Text == "2 b:2" {
				continue // the same layer again
			}
			if sums[class] == nil {
				sums[class] = make([]float64, len(values))
			}
			for c, plane := range values {
				sums[class][c] += mean(plane)
			}
		}
		slices.SortStableFunc(all, func(a, b found) int {
			switch {
			case a.value > b.value:
				return -1
			case a.value < b.value:
				return 1
			}
			return 0
		})
		best := g.best[u.Text]
		if len(best) != k {
			t.Fatalf("%s: %d photos, want %d", u.Text, len(best), k)
		}
		for i, e := range best {
			want := all[i]
			if at := e.y*(width/2) + e.x; e.photo.Name() != photos[want.photo].Name() || !near(e.value, want.value, 1e-5) || at != want.at {
				t.Errorf("%s: photo %d is %s with %v at %d, want %s with %v at %d", u.Text, i, e.photo.Name(), e.value, at,
					photos[want.photo].Name(), want.value, want.at)
			}
		}
		total := 0.0
		for _, f := range all {
			total += f.value
		}
		if !near(g.total[u.Text], total, 1e-5) {
			t.Errorf("%s: the total is %v, want %v", u.Text, g.total[u.Text], total)
		}
	}
	for class, n := range map[string]float64{"tulip": 38, "daisy": 37} {
		got, err := g.Mean("b", class)
		if err != nil {
			t.Fatal(err)
		}
		for c, v := range got {
			if want := sums[layerClass{"b", class}][c] / n; !near(v, want, 1e-5) {
				t.Errorf("the mean of %s, channel %d, is %v, want %v", class, c, v, want)
			}
		}
	}
	if _, err := g.Mean("b", "rose"); err == nil || err.Error() != `the stream of photos has no class "rose"; its classes are "daisy", "tulip"` {
		t.Errorf("a class without photos: %v", err)
	}
}

func TestOfEqualPhotosTheFirstStaysFirst(t *testing.T) {
	torchtest.Pin(t)
	model := newNet(t, convNet, 8, 8)
	photos := newPhotos(1, 8, 8)
	for _, name := range []string{"B", "C", "D"} {
		p := photos[0]
		p.Item = p.Item.Clone()
		p.Item["name"] = name
		photos = append(photos, p)
	}
	g, err := newViewer(t, model, 1).NewSurvey(unitsOf(t, model, "b:0"), 3)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if err := g.Add(photos); err != nil { // in one batch, so that their values are equal to the last bit
		t.Fatal(err)
	}
	var names []string
	for _, e := range g.best["b:0"] {
		names = append(names, e.photo.Name())
	}
	if diff := cmp.Diff([]string{"A", "B", "C"}, names); diff != "" {
		t.Error(diff)
	}
}

func TestSurveyRefusesWhatItCannotCompare(t *testing.T) {
	torchtest.Pin(t)
	model := newNet(t, convNet, 8, 8)
	setParam(model, "b.bias", []int{3}, func(int) float64 { return math.NaN() })
	g, err := newViewer(t, model, 1).NewSurvey(unitsOf(t, model, "b:0"), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if err := g.Add(newPhotos(1, 8, 8)); err == nil || err.Error() != "A: the activation of unit b:0 is NaN" {
		t.Errorf("NaN: %v", err)
	}
	if err := g.Add(newPhotos(1, 8, 10)); err == nil || !strings.HasPrefix(err.Error(), "photos of 8x10, but pictures of 8x8") {
		t.Errorf("another size: %v", err)
	}
}

// The best channels are those with the largest share of what training photos reach.
func TestTopGoesByTheShareOfTheLargest(t *testing.T) {
	unit := func(c int) objective.Unit {
		return objective.Unit{Text: string(rune('0' + c)), Terms: []objective.Term{{Weight: 1, Node: "a", Channel: c}}}
	}
	model := &graph.Net{Stats: map[string]format.Tensor{"max.a": format.Of("max.a", []int{3}, []float32{10, 1, 2})}}
	g := &Survey{viewer: &Viewer{Model: model}, total: map[string]float64{"0": 5, "1": 4, "2": 6}}
	for first, want := range map[int][]string{0: {"1", "2"}, 1: {"0", "1", "2"}} {
		var got []string
		for _, u := range g.Top([]objective.Unit{unit(0), unit(1), unit(2)}, first, 2) {
			got = append(got, u.Text)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("after %d: %s", first, diff)
		}
	}
}
