package robustness

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"herbarium/format"
	"herbarium/internal/attack"
	"herbarium/internal/graph"
	"herbarium/internal/images"
	"herbarium/internal/net"
	"herbarium/internal/progress"
	"herbarium/internal/random"
	"herbarium/internal/stats"
	"herbarium/internal/torch"
	"herbarium/internal/torchtest"
)

var classes = []string{"dark", "light", "never"}

// threshold calls an image light if its mean value is above 0.5, else dark: its logits are 0, 30*(mean-0.5) and -9. An image
// of mean m can be broken in L-inf from |m - 0.5| on, and not below.
func threshold(t *testing.T) *graph.Net {
	t.Helper()
	n := torchtest.MeanColor(classes, []float32{0, 0, 0, 10, 10, 10, 0, 0, 0}, []float32{0, -15, -9})
	n.Arch = "threshold"
	return n
}

// grays are images of one value each.
func grays(label []string, values ...float32) *images.Batch {
	b := &images.Batch{Classes: classes, Height: 2, Width: 2}
	for i, v := range values {
		for range 12 {
			b.F32 = append(b.F32, v)
		}
		b.Labels = append(b.Labels, int64(slices.Index(classes, label[i])))
		b.Items = append(b.Items, images.Item{"name": fmt.Sprint("gray ", v)})
	}
	return b
}

func evaluation(t *testing.T, edit func(*Options)) *Evaluation {
	t.Helper()
	torchtest.Pin(t)
	o := Options{Plan: attack.Plan{Eps: []float64{0.02, 0.1}, Attacks: []attack.Attack{attack.FGSM(), attack.PGD(4)}, Seed: 3},
		Net: net.Options{Device: torch.CPU, DType: torch.F32}, Batch: 2, EOT: 1, Progress: progress.None}
	if edit != nil {
		edit(&o)
	}
	e, err := New(threshold(t), nil, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

// Of five images one is wrong from the start, one breaks at 0.02, two at 0.1 and one at neither.
func TestEvaluationByHand(t *testing.T) {
	e := evaluation(t, nil)
	b := grays([]string{"light", "light", "dark", "light", "dark"}, 0.4, 0.515, 0.45, 0.9, 0.42)
	b.Items[1]["correct"], b.Items[3]["eps"] = true, 0.5 // from earlier runs
	var items []images.Item
	var pictures []images.Picture
	err := e.Attack(b, 0, func(a *Attacked) error {
		for i := range a.Len() {
			p := a.Picture(i)
			items, pictures = append(items, p.Item), append(pictures, p)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := e.Finish()
	if err != nil {
		t.Fatal(err)
	}
	want := []Point{
		{Eps: 0.02, Robust: stats.NewShare(3, 5), Attacks: []Stage{{"fgsm", 4, 1}, {"pgd", 3, 0}}},
		{Eps: 0.1, Robust: stats.NewShare(1, 5), Attacks: []Stage{{"fgsm", 3, 2}, {"pgd", 1, 0}}},
	}
	if diff := cmp.Diff(want, got.Curve); diff != "" {
		t.Error(diff)
	}
	if got.Items != 5 || got.Clean.Count != 4 || got.LeftOut != 0 || got.ZeroGradients != 0 || got.Norm != "linf" || got.Net != "threshold" || got.Seed != 3 {
		t.Errorf("%+v", got)
	}
	if d := got.Distance; d.N != 3 || math.Abs(d.Min-0.02) > 1e-5 || math.Abs(d.Max-0.1) > 1e-5 {
		t.Errorf("distances %+v of FGSM's steps", d)
	}
	for i, want := range []images.Item{
		{"name": "gray 0.4", "before": "dark", "predicted": "dark", "robust": false, "success": false, "seed": uint64(3)},
		{"name": "gray 0.515", "before": "light", "predicted": "dark", "robust": false, "success": true, "seed": uint64(3),
			"attack": "fgsm", "eps": 0.02, "linf": 0.02, "l2": 0.0692820, "steps": 1, "restart": 0},
		{"name": "gray 0.45", "before": "dark", "predicted": "light", "robust": false, "success": true, "seed": uint64(3),
			"attack": "fgsm", "eps": 0.1, "linf": 0.1, "l2": 0.346410, "steps": 1, "restart": 0},
		{"name": "gray 0.9", "before": "light", "predicted": "light", "robust": true, "success": false, "seed": uint64(3)},
	} {
		if diff := cmp.Diff(want, items[i], approximate); diff != "" {
			t.Error(diff)
		}
	}
	for i, value := range []float64{0.4, 0.495, 0.55, 0.9, 0.52} {
		source, _ := format.Values[float32](&pictures[i].Extra[0])
		if p := pictures[i]; math.Abs(float64(p.F32[0])-value) > 1e-5 || source[0] != b.F32[12*i] || p.Label != int(b.Labels[i]) {
			t.Errorf("picture %d has %g made of %g, want %g", i, p.F32[0], source[0], value)
		}
	}
}

var approximate = cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) <= 1e-5 })

// With a target only reaching it is a success, and images of it are left out.
func TestTargets(t *testing.T) {
	e := evaluation(t, func(o *Options) { o.Target = "light" })
	var targets []any
	err := e.Attack(grays([]string{"dark", "light", "dark"}, 0.45, 0.45, 0.1), 0, func(a *Attacked) error {
		for i := range a.Len() {
			targets = append(targets, a.Picture(i).Item["target"])
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := e.Finish()
	if err != nil || got.Items != 2 || got.LeftOut != 1 || got.Clean.Count != 2 || got.Curve[1].Robust.Count != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	if diff := cmp.Diff([]any{"light", nil, "light"}, targets); diff != "" {
		t.Error(diff)
	}
	if _, err := New(threshold(t), nil, Options{Target: "gray"}); err == nil || err.Error() != `target: the net has no class "gray"; its classes are "dark", "light", "never"` {
		t.Error(err)
	}
}

func TestTargetOfEachImage(t *testing.T) {
	logits := []float32{3, 1, 5, 0, 4}
	for how, want := range map[string]map[int]int{Likely: {2: 4, 0: 2}, Least: {3: 1, 0: 3}} {
		for label, class := range want {
			if got := target(how, 1, logits, &attack.Item{Label: label}); got != class {
				t.Errorf("%s for label %d: %d, want %d", how, label, got, class)
			}
		}
	}
	seen := map[int]int{}
	for key := range uint64(4000) {
		seen[target(Random, 1, logits, &attack.Item{Key: key, Label: 2})]++
	}
	for class := range logits {
		if n := seen[class]; class == 2 && n > 0 || class != 2 && (n < 850 || n > 1150) {
			t.Errorf("class %d is the target of %d of 4000 images of class 2", class, n)
		}
	}
}

// Images of another size than the net's are attacked, with a word, as score and invert take them; those of a second size are not.
func TestImagesOfAnotherSize(t *testing.T) {
	var warnings []string
	e := evaluation(t, func(o *Options) {
		o.Plan.Norm, o.Plan.Eps = attack.L2, nil // the whole box
		o.Warnf = func(layout string, args ...any) { warnings = append(warnings, fmt.Sprintf(layout, args...)) }
	})
	large := grays([]string{"dark", "light"}, 0.25, 0.7)
	large.Height, large.F32 = 4, append(large.F32, large.F32...)
	for range 2 {
		if err := e.Check(large); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"images are 4x2 and the net was made for 2x2; ingest --for NET makes them fit"}, warnings); diff != "" {
		t.Error(diff)
	}
	if err := e.Attack(large, 0, nil); err != nil {
		t.Fatal(err)
	}
	if got, err := e.Finish(); err != nil || got.Items != 2 || got.Curve[0].Eps != math.Sqrt(3*4*2) || got.Curve[0].Robust.Count != 0 {
		t.Errorf("%+v, %v", got, err)
	}
	if err := e.Check(grays([]string{"dark"}, 0.5)); err == nil || err.Error() != `item "gray 0.5" is 2x2, those before are 4x2` {
		t.Error(err)
	}
	linear := threshold(t)
	linear.Graph.Nodes = append(linear.Graph.Nodes[:0:0], graph.Node{Name: "flat", In: []string{graph.Input}, Op: graph.Flatten{}},
		graph.Node{Name: "fc", In: []string{"flat"}, Op: graph.Linear{Out: 3}})
	linear.Graph.Aliases = map[string]string{graph.Logits: "fc"}
	linear.Params = map[string]format.Tensor{"fc.weight": format.Of("fc.weight", []int{3, 12}, make([]float32, 36))}
	e, err := New(linear, nil, e.Options)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if err := e.Check(large); err == nil || !strings.HasPrefix(err.Error(), `item "gray 0.25": images of 4x2 do not fit the net, which was made for 2x2`) {
		t.Error(err)
	}
}

func TestImagesThatCannotBeAttacked(t *testing.T) {
	e := evaluation(t, nil)
	if err := e.Attack(grays([]string{"dark", ""}, 0.5, 0.25), 0, nil); err == nil || err.Error() != `item "gray 0.25" has no label` {
		t.Error(err)
	}
	other := threshold(t)
	other.Classes = []string{"dark", "bright", "never"}
	if _, err := New(threshold(t), other, Options{}); err == nil || !strings.Contains(err.Error(), "the surrogate has other classes") {
		t.Error(err)
	}
}

// Without a radius the whole box is the ball.
func TestBoxIsTheBallWithoutRadius(t *testing.T) {
	for norm, want := range map[attack.Norm]float64{attack.Linf: 1, attack.L2: math.Sqrt(12)} {
		e := evaluation(t, func(o *Options) { o.Plan.Eps, o.Plan.Norm = nil, norm })
		if got := e.result.Curve[0].Eps; got != want {
			t.Errorf("%s: %g, want %g", norm, got, want)
		}
	}
}

// 8-bit images that attacks change stay 8-bit, and the attack counts only if it holds after rounding.
func TestQuantized(t *testing.T) {
	e := evaluation(t, func(o *Options) { o.Plan.Quantize = true })
	b := grays([]string{"light"}, 0)
	b.U8, b.F32 = bytes.Repeat([]byte{130}, 12), nil
	err := e.Attack(b, 0, func(a *Attacked) error {
		p := a.Picture(0)
		source, _ := format.Values[uint8](&p.Extra[0])
		if p.F32 != nil || p.U8[0] != 125 || source[0] != 130 {
			t.Errorf("%v of %v, want 130 - 0.02*255 rounded", p.U8, source)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// The sample holds the items whose keys hash lowest, in whatever order and parts they come.
func TestSampleDoesNotDependOnOrder(t *testing.T) {
	ranks := func(order []int, part int) []uint64 {
		var m sample
		for from := 0; from < len(order); from += part {
			a := &Attacked{batch: &images.Batch{Height: 1, Width: 1}}
			for i, key := range order[from:min(from+part, len(order))] {
				a.Items, a.Clean, a.Results = append(a.Items, attack.Item{Key: uint64(key)}), append(a.Clean, nil), append(a.Results, attack.Result{})
				a.pixels, a.rows = append(a.pixels, float32(key), 0, 0), append(a.rows, i)
			}
			m.add(a)
		}
		var out []uint64
		for _, one := range m.items {
			if one.pixels[0] != float32(one.item.Key) {
				t.Fatal("an item has the pixels of another")
			}
			out = append(out, one.rank)
		}
		return out
	}
	order := random.New(1).Perm(1000)
	got := ranks(order, 1000)
	slices.Reverse(order)
	if diff := cmp.Diff(got, ranks(order, 7)); diff != "" || len(got) != sampleSize || !slices.IsSorted(got) {
		t.Errorf("%d items: %s", len(got), diff)
	}
	var all []uint64
	for key := range uint64(1000) {
		all = append(all, random.New(0, random.Key("verdict"), key).Uint64())
	}
	if slices.Sort(all); !slices.Equal(all[:sampleSize], got) {
		t.Error("the sample is not of the lowest hashes")
	}
}
