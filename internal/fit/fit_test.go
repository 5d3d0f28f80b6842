package fit

import (
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"herbarium/internal/arch"
	"herbarium/internal/graph"
	"herbarium/internal/images"
	"herbarium/internal/net"
	"herbarium/internal/random"
	"herbarium/internal/torch"
	"herbarium/internal/torchtest"
)

// stripes is a set of two classes that differ in the direction of their stripes only.
func stripes(t *testing.T, n, size int) *Set {
	t.Helper()
	b := &images.Batch{Classes: []string{"across", "down"}, Height: size, Width: size, U8: []byte{}}
	for i := range n {
		r := random.New(1, uint64(i))
		phase, label := r.IntN(4), int64(i%2)
		for range 3 {
			for p := range size * size {
				at := p % size
				if label == 0 {
					at = p / size
				}
				v := byte(40 + r.IntN(40))
				if (at+phase)%4 < 2 {
					v += 120
				}
				b.U8 = append(b.U8, v)
			}
		}
		b.Labels = append(b.Labels, label)
		b.Items = append(b.Items, images.Item{"name": fmt.Sprint(i)})
	}
	set := NewSet(nil)
	t.Cleanup(set.Close)
	if err := set.Add(b); err != nil {
		t.Fatal(err)
	}
	return set
}

// small is a resnet20 for a set.
func small(t *testing.T, set *Set) (*graph.Net, *net.Net) {
	t.Helper()
	mean, std, err := set.Moments()
	if err != nil {
		t.Fatal(err)
	}
	model := torchtest.ResNet(t, "resnet20", arch.Options{Classes: len(set.Classes), Mean: mean, Std: std}, set.Height, 3)
	model.Classes = set.Classes
	n, err := net.New(model, net.Options{Device: torch.CPU, DType: torch.F32})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Close)
	return model, n
}

func TestTrainingLearnsAndRepeatsExactly(t *testing.T) {
	torchtest.Pin(t)
	for _, optimizer := range []string{"sgd", "adamw"} {
		rate := map[string]float64{"sgd": 0.05, "adamw": 0.002}[optimizer]
		c := Config{Epochs: 3, Batch: 8, Optimizer: optimizer, Rate: rate, WarmUp: 0.2, Momentum: 0.9, Decay: 5e-4,
			Smoothing: 0.1, Seed: 7, Augment: Augment{CropArea: 0.7, Flip: true, Brightness: 0.2, Contrast: 0.2}}
		train, val := stripes(t, 80, 16).Split(0.2, 0)
		var runs [2][]Epoch
		for i := range runs {
			_, n := small(t, train)
			history, err := Train(n, "logits", train, val, c, Watch{})
			if err != nil {
				t.Fatal(err)
			}
			runs[i] = history
		}
		if diff := cmp.Diff(runs[0], runs[1]); diff != "" {
			t.Errorf("%s: the same command gave another history: %s", optimizer, diff)
		}
		if last := runs[0][2]; *last.ValAccuracy < 0.9 || last.Loss >= runs[0][0].Loss {
			t.Errorf("%s: not learned: %+v, validation %.2f", optimizer, last, *last.ValAccuracy)
		}
	}
}

func TestExplodingLossIsAnError(t *testing.T) {
	torchtest.Pin(t)
	set := stripes(t, 16, 16)
	_, n := small(t, set)
	_, err := Train(n, "logits", set, nil, Config{Epochs: 20, Batch: 8, Optimizer: "sgd", Rate: 1e6, Momentum: 0.9}, Watch{})
	if err == nil {
		t.Fatal("a rate of a million trained")
	}
	t.Log(err)
}

func TestMemoryIsFlatOverTraining(t *testing.T) {
	torchtest.Pin(t)
	set := stripes(t, 64, 16)
	_, n := small(t, set)
	c := Config{Epochs: 2, Batch: 4, Optimizer: "sgd", Rate: 0.01, Momentum: 0.9, Augment: Augment{CropArea: 0.5, Flip: true, Contrast: 0.1}}
	run := func() {
		if _, err := Train(n, "logits", set, nil, c, Watch{}); err != nil {
			t.Fatal(err)
		}
	}
	run()
	before := torchtest.ResidentMiB(t)
	for range 6 { // 192 steps whose activations hold some 10 MiB each
		run()
	}
	if grown := torchtest.ResidentMiB(t) - before; grown > 24 {
		t.Errorf("192 steps grew the process by %d MiB", grown)
	}
}

func TestAugmentationDependsOnSeedPhotoAndEpochOnly(t *testing.T) {
	s := torchtest.Pin(t)
	a := Augment{CropArea: 0.3, Flip: true, Brightness: 0.3, Contrast: 0.3}
	set := stripes(t, 8, 12)
	x, _, err := load(s, set, []int{5, 2, 6}, torch.CPU)
	if err != nil {
		t.Fatal(err)
	}
	together := torch.Read[float32](s, a.apply(s, x, 9, []int{5, 2, 6}, 4))
	alone := torch.Read[float32](s, a.apply(s, s.Narrow(x, 0, 1, 1), 9, []int{2}, 4))
	size := 3 * 12 * 12
	if diff := cmp.Diff(together[size:2*size], alone); diff != "" {
		t.Errorf("photo 2 varies otherwise in company: %s", diff)
	}
	if a.at(9, 2, 4) == a.at(9, 2, 5) || a.at(9, 2, 4) == a.at(8, 2, 4) {
		t.Error("another epoch or seed gives the same variation")
	}
}

// A mirrored photo is the photo read backwards, exactly; no variation is the photo itself.
func TestFlipMirrors(t *testing.T) {
	s := torchtest.Pin(t)
	set := stripes(t, 4, 10)
	x, _, err := load(s, set, []int{0, 1}, torch.CPU)
	if err != nil {
		t.Fatal(err)
	}
	a := Augment{Flip: true}
	mirrored := 0
	for epoch := range 20 {
		y := a.apply(s, x, 1, []int{0, 1}, epoch)
		for i := range 2 {
			want := s.Narrow(x, 0, i, 1)
			if a.at(1, i, epoch).theta[0] < 0 {
				want = s.Flip(want, 3)
				mirrored++
			}
			if far := s.Number(s.Max(s.Abs(s.Sub(s.Narrow(y, 0, i, 1), want)))); far > 1e-5 {
				t.Fatalf("epoch %d photo %d: differs by %v", epoch, i, far)
			}
		}
	}
	if mirrored < 10 || mirrored > 30 {
		t.Errorf("%d of 40 mirrored", mirrored)
	}
}

func TestSplitIsStratifiedAndComplete(t *testing.T) {
	set := stripes(t, 40, 4)
	rest, part := set.Split(0.25, 3)
	count := map[int]int{}
	for i := range part.Len() {
		count[part.Label(i)]++
	}
	if count[0] != 5 || count[1] != 5 || rest.Len() != 30 {
		t.Errorf("split: %v of 20 each, %d rest", count, rest.Len())
	}
	seen := map[int]bool{}
	for _, p := range append(append([]int{}, rest.index...), part.index...) {
		if seen[p] {
			t.Errorf("photo %d twice", p)
		}
		seen[p] = true
	}
}

// Whatever the share, a class with one photo is trained on.
func TestSplitLeavesEachClassAPhoto(t *testing.T) {
	set := NewSet(nil)
	b := &images.Batch{Classes: []string{"daisy", "iris"}, Labels: []int64{0, 0, 0, 1}, Height: 1, Width: 1, U8: make([]byte, 12), Items: make([]images.Item, 4)}
	if err := set.Add(b); err != nil {
		t.Fatal(err)
	}
	for _, share := range []float64{0.1, 0.5, 0.9, 0.99} {
		rest, part := set.Split(share, 1)
		count := map[int]int{}
		for i := range rest.Len() {
			count[rest.Label(i)]++
		}
		if count[0] < 1 || count[1] != 1 || rest.Len()+part.Len() != 4 {
			t.Errorf("share %v: %v to train on, %d for validation", share, count, part.Len())
		}
	}
}

func TestLabelsAreMatchedByName(t *testing.T) {
	set := NewSet([]string{"rose", "daisy", "tulip"})
	b := &images.Batch{Classes: []string{"daisy", "tulip"}, Labels: []int64{1, 0}, Height: 1, Width: 1,
		U8: make([]byte, 6), Items: []images.Item{{}, {}}}
	if err := set.Add(b); err != nil {
		t.Fatal(err)
	}
	if set.Label(0) != 2 || set.Label(1) != 1 {
		t.Errorf("labels %d %d, want 2 1", set.Label(0), set.Label(1))
	}
	b.Classes = []string{"daisy", "orchid"}
	if err := set.Add(b); err == nil {
		t.Error("a class that the net does not know was accepted")
	}
}

func TestPhotosBeyondMemoryComeBackFromTheFile(t *testing.T) {
	p := &pixels{limit: 10}
	defer p.close()
	for i := range 6 {
		if err := p.append([]byte{byte(i), 1, 2, 3}); err != nil {
			t.Fatal(err)
		}
	}
	if len(p.memory) != 2 || p.file == nil {
		t.Fatalf("%d photos in memory, want 2", len(p.memory))
	}
	for i := range 6 {
		got := make([]byte, 4)
		if err := p.read(got, i); err != nil || got[0] != byte(i) {
			t.Errorf("photo %d: %v %v", i, got, err)
		}
	}
}

func TestStatsOfKnownPhotos(t *testing.T) {
	s := torchtest.Pin(t)
	set := stripes(t, 8, 16)
	_, n := small(t, set)
	stats, err := Stats(n, set)
	if err != nil {
		t.Fatal(err)
	}
	x, _, err := load(s, set, []int{0, 1, 2, 3, 4, 5, 6, 7}, torch.CPU)
	if err != nil {
		t.Fatal(err)
	}
	out, err := n.Forward(s, x, net.Pass{Want: []string{"conv1", "layer2", "logits"}})
	if err != nil {
		t.Fatal(err)
	}
	near := func(name string, want torch.Tensor) {
		t.Helper()
		stat, ok := stats[name]
		if !ok {
			t.Fatalf("no statistic %q", name)
		}
		if far := s.Number(s.Max(s.Abs(s.Sub(s.Load(&stat), s.Cast(want, torch.F32))))); far > 2e-4 {
			t.Errorf("%s is off by %v", name, far)
		}
	}
	near("max.layer2.2", s.Max(s.Mean(out["layer2"], 2, 3), 0))
	near("peak.layer2.2", s.Max(out["layer2"], 0, 2, 3))
	near("max.linear", s.Max(out["logits"], 0))
	order, apart := set.sample(statPhotos).index, 0.0
	for i := range order[1:] {
		d := s.Sub(s.Select(out["logits"], 0, order[i]), s.Select(out["logits"], 0, order[i+1]))
		apart += math.Sqrt(s.Number(s.Sum(s.Mul(d, d)))) / float64(len(order)-1)
	}
	near("apart.linear", torch.From(s, []int{1}, []float32{float32(apart)}))
	perPhoto := s.Mean(out["conv1"], 2, 3)
	near("bn.bn1.mean", s.Mean(perPhoto, 0))
	centerd := s.Sub(out["conv1"], s.MeanKeep(out["conv1"], 2, 3))
	near("bn.bn1.var", s.Mean(s.Mean(s.Mul(centerd, centerd), 2, 3), 0))
	mean := s.Mean(x, 0, 2, 3)
	near("color.mean", mean)
	flat := s.Reshape(s.Permute(s.Sub(x, s.Reshape(mean, 3, 1, 1)), 1, 0, 2, 3), 3, -1)
	near("color.cov", s.Scale(s.MatMul(flat, s.Permute(flat, 1, 0)), 1.0/(8*16*16)))
	if got := stats["spectrum"].Shape; !cmp.Equal(got, []int{3, 16, 9}) {
		t.Errorf("spectrum has shape %v", got)
	}
}

// A worse photo lies within eps of the photo and in [0,1], has a higher loss than the photo and than its random start,
// and depends on seed, photo and epoch only.
func TestAdversarialPhotosAreWorseAndNear(t *testing.T) {
	s := torchtest.Pin(t)
	set := stripes(t, 8, 16)
	_, n := small(t, set)
	photos := []int{1, 4, 6, 7}
	x, y, err := load(s, set, photos, torch.CPU)
	if err != nil {
		t.Fatal(err)
	}
	loss := func(x torch.Tensor) float64 {
		out, err := n.Forward(s, x, net.Pass{Train: true, Want: []string{"logits"}})
		if err != nil {
			t.Fatal(err)
		}
		return s.Number(s.Sum(s.CrossEntropy(out["logits"], y, 0)))
	}
	for _, steps := range []int{1, 3} {
		a := Adversary{Eps: 8.0 / 255, Steps: steps}
		worse, err := a.perturb(s, n, []string{"logits"}, x, labels{{class: y}}, net.Pass{Train: true}, 5, photos, 2)
		if err != nil {
			t.Fatal(err)
		}
		if far := s.Number(s.Max(s.Abs(s.Sub(worse, x)))); far > a.Eps+1e-6 {
			t.Errorf("%d steps: a photo moved by %v, more than %v", steps, far, a.Eps)
		}
		if high, low := s.Number(s.Max(worse)), -s.Number(s.Max(s.Neg(worse))); high > 1 || low < 0 {
			t.Errorf("%d steps: values from %v to %v", steps, low, high)
		}
		if before, after := loss(x), loss(worse); after <= before {
			t.Errorf("%d steps: the loss went from %v to %v", steps, before, after)
		}
		again, err := a.perturb(s, n, []string{"logits"}, x, labels{{class: y}}, net.Pass{Train: true}, 5, photos, 2)
		if err != nil {
			t.Fatal(err)
		}
		if !cmp.Equal(torch.Read[float32](s, worse), torch.Read[float32](s, again)) {
			t.Errorf("%d steps: not the same photos again", steps)
		}
	}
}
