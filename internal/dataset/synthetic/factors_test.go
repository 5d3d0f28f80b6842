package synthetic

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"testing"
)

// paintMarked paints a picture and keeps what each sample shows.
func paintMarked(seed, index uint64, side int) *scene {
	all := kinds()
	k := &all[index%uint64(len(all))]
	s := newScene(seed, index, side, side, k)
	s.backdropFor(k)
	s.marks = make([]part, len(s.pix))
	k.paint(s)
	return s
}

// kindNumber is the position of a kind in Names.
func kindNumber(t *testing.T, name string) uint64 {
	t.Helper()
	i := slices.Index(Names(), name)
	if i < 0 {
		t.Fatalf("no kind %q", name)
	}
	return uint64(i)
}

func TestNames(t *testing.T) {
	names := Names()
	if len(names) < 10 {
		t.Errorf("%d kinds, want at least 10", len(names))
	}
	if !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Errorf("names are not sorted and distinct: %v", names)
	}
	places := backdrops()
	for _, k := range kinds() {
		for _, p := range k.places {
			if !slices.ContainsFunc(places, func(b backdrop) bool { return b.name == p }) {
				t.Errorf("%s: no backdrop %q", k.name, p)
			}
		}
	}
}

func TestDrawIsAFunctionOfSeedAndIndex(t *testing.T) {
	for index := range uint64(len(Names())) {
		a, fa := Draw(3, index, 24, 24)
		b, fb := Draw(3, index, 24, 24)
		if !bytes.Equal(a, b) || *fa != *fb {
			t.Errorf("picture %d is not the same twice", index)
		}
		if c, _ := Draw(4, index, 24, 24); bytes.Equal(a, c) {
			t.Errorf("picture %d does not depend on the seed", index)
		}
		if c, _ := Draw(3, index+uint64(len(Names())), 24, 24); bytes.Equal(a, c) {
			t.Errorf("picture %d is like the next of its kind", index)
		}
	}
}

// At another size it is the same picture: twice as large, averaged over 2x2 pixels, differs by noise and by how well
// fine parts are resolved.
func TestSizeChangesOnlyTheResolution(t *testing.T) {
	const side = 32
	for index := range uint64(len(Names())) {
		small, fs := Draw(1, index, side, side)
		large, fl := Draw(1, index, 2*side, 2*side)
		if *fs != *fl {
			t.Errorf("picture %d: factors depend on the size", index)
		}
		sum := 0.0
		for i, v := range small {
			c, y, x := i/(side*side), i%(side*side)/side, i%side
			at := c*4*side*side + 2*y*2*side + 2*x
			mean := (float64(large[at]) + float64(large[at+1]) + float64(large[at+2*side]) + float64(large[at+2*side+1])) / 4
			sum += math.Abs(mean - float64(v))
		}
		if mean := sum / float64(len(small)); mean > 7 {
			t.Errorf("%s %d: mean difference between sizes is %.1f of 255", fs.Kind, index, mean)
		}
	}
}

// The hue in the metadata is the hue of the samples that show petals, before light is tinted.
func TestHueIsThatOfThePetals(t *testing.T) {
	for index := range uint64(6 * len(Names())) {
		s := paintMarked(5, index, 32)
		if s.f.Kind == "pansy" {
			continue // its petals have two colors and dark blotches
		}
		var x, y, weight float64
		count := 0
		for i, m := range s.marks {
			if m != partPetal {
				continue
			}
			hue, saturation, value := s.pix[i].hsv()
			w := float64(saturation * value)
			x += w * math.Cos(float64(hue)*math.Pi/180)
			y += w * math.Sin(float64(hue)*math.Pi/180)
			weight += w
			count++
		}
		if count < 200 {
			t.Errorf("%s %d: only %d samples show petals", s.f.Kind, index, count)
			continue
		}
		hue, saturation, _ := s.f.Color.hsv()
		if saturation < paleBelow {
			if mean := weight / float64(count); mean > 0.3 {
				t.Errorf("%s %d: petals said to be pale have a mean saturation of %.2f", s.f.Kind, index, mean)
			}
			continue
		}
		got := math.Atan2(y, x) * 180 / math.Pi
		off := math.Abs(math.Remainder(got-float64(hue), 360))
		if off > 16 {
			t.Errorf("%s %d: petals have hue %.0f, metadata says %.0f", s.f.Kind, index, math.Mod(got+360, 360), hue)
		}
	}
}

// The number of petals in the metadata is the strongest frequency of the flower's outline.
func TestPetalsCanBeCounted(t *testing.T) {
	for _, name := range []string{"trillium", "buttercup", "lily", "daffodil", "daisy"} {
		k, checked := kindNumber(t, name), 0
		for i := uint64(0); checked < 3 && i < 60; i++ {
			s := paintMarked(2, k+i*uint64(len(Names())), 96)
			f := s.f
			if f.Tilt > 16 || f.Occluded || f.Scale > 0.85 {
				continue
			}
			checked++
			if got := strongest(outlineRadii(s), 24); got != f.Petals {
				t.Errorf("%s %d: the outline has %d waves, metadata says %d petals", name, i, got, f.Petals)
			}
		}
		if checked == 0 {
			t.Errorf("%s: no picture from the front among 60", name)
		}
	}
}

// outlineRadii is how far petals reach from the flower's center, by direction.
func outlineRadii(s *scene) []float64 {
	const directions = 360
	radii := make([]float64, directions)
	center := s.toSamples(vec2{s.f.X, s.f.Y})
	for i := range radii {
		angle := 2 * math.Pi * float64(i) / directions
		for r := 0.0; r < 1.6*float64(s.f.Scale*s.scale); r++ {
			x, y := int(float64(center.x)+r*math.Cos(angle)+0.5), int(float64(center.y)+r*math.Sin(angle)+0.5)
			if x >= 0 && y >= 0 && x < s.columns && y < s.rows && s.marks[y*s.columns+x] == partPetal {
				radii[i] = r
			}
		}
	}
	return radii
}

// strongest is the frequency from 2 to most with the largest amplitude.
func strongest(values []float64, most int) int {
	best, at := 0.0, 0
	for k := 2; k <= most; k++ {
		var re, im float64
		for i, v := range values {
			a := 2 * math.Pi * float64(k*i) / float64(len(values))
			re += v * math.Cos(a)
			im += v * math.Sin(a)
		}
		if p := math.Hypot(re, im); p > best {
			best, at = p, k
		}
	}
	return at
}

// Neither the background nor the mean color tells the kind.
func TestKindsAreNotGivenAwayCheaply(t *testing.T) {
	const each, side = 40, 8
	n := len(Names())
	type mean [3]float64
	seen := make([]map[string]int, n)
	means := make([]mean, each*n)
	for i := range each * n {
		pix, f := Draw(7, uint64(i), side, side)
		if seen[i%n] == nil {
			seen[i%n] = map[string]int{}
		}
		seen[i%n][f.Background]++
		for p, v := range pix {
			means[i][p/(side*side)] += float64(v) / (side * side)
		}
	}
	for k, name := range Names() {
		if got, all := len(seen[k]), len(backdrops()); got < all-1 {
			t.Errorf("%s: only %d of %d backgrounds among %d pictures: %v", name, got, all, each, seen[k])
		}
		for b, count := range seen[k] {
			if count > each*2/3 {
				t.Errorf("%s: %d of %d pictures have background %s", name, count, each, b)
			}
		}
	}
	// The nearest centroid, made from the even pictures and asked about the odd ones.
	centroids := make([]mean, n)
	for i, m := range means {
		if i/n%2 == 0 {
			for c := range m {
				centroids[i%n][c] += m[c] / (each / 2)
			}
		}
	}
	right := 0
	for i, m := range means {
		if i/n%2 == 0 {
			continue
		}
		best, at := math.Inf(1), 0
		for k, q := range centroids {
			if d := math.Hypot(math.Hypot(m[0]-q[0], m[1]-q[1]), m[2]-q[2]); d < best {
				best, at = d, k
			}
		}
		if at == i%n {
			right++
		}
	}
	accuracy := float64(right) / float64(each*n/2)
	t.Logf("mean color alone: %.0f%%, chance %.0f%%", 100*accuracy, 100/float64(n))
	if accuracy > 0.35 {
		t.Errorf("mean color alone tells the kind of %.0f%%", 100*accuracy)
	}
}

func TestItemsHoldAllFactors(t *testing.T) {
	f := Flowers{Seed: 1, Count: 40, Height: 16, Width: 20}
	arrangements := map[string]bool{}
	for i := range f.Count {
		p, err := f.Load(i)
		if err != nil {
			t.Fatal(err)
		}
		if p.Height != 16 || p.Width != 20 || len(p.U8) != 3*16*20 {
			t.Fatalf("picture of %dx%d with %d values", p.Height, p.Width, len(p.U8))
		}
		if got, want := p.Item.Text("kind"), f.Classes()[p.Label]; got != want || p.Item.Text("class") != want {
			t.Errorf("picture %d: kind %q, label says %q", i, got, want)
		}
		for _, key := range []string{"name", "shape", "color", "arrangement", "background"} {
			if p.Item.Text(key) == "" {
				t.Errorf("%s: no %s", p.Item.Name(), key)
			}
		}
		for key, span := range map[string][2]float64{"petals": {3, 200}, "disc": {0, 0.6}, "flowers": {1, 400}, "spin": {-180, 360}, "tilt": {0, 60},
			"lean": {0, 360}, "scale": {0.3, 1}, "x": {-0.6, 0.6}, "y": {-0.6, 0.6}, "light": {-180, 180}, "brightness": {0.5, 1.5},
			"temperature": {-1, 1}, "noise": {0, 0.1}} {
			if v, ok := p.Item.Number(key); !ok || v < span[0] || v > span[1] {
				t.Errorf("%s: %s is %v, want a number in %v", p.Item.Name(), key, p.Item[key], span)
			}
		}
		if _, ok := p.Item["occluded"].(bool); !ok {
			t.Errorf("%s: no occluded", p.Item.Name())
		}
		if _, err := json.Marshal(p.Item); err != nil {
			t.Error(err)
		}
		arrangements[p.Item.Text("arrangement")] = true
	}
	for _, want := range []string{"single", "cluster", "spike", "raceme", "umbel"} {
		if !arrangements[want] {
			t.Errorf("no arrangement %q", want)
		}
	}
}
