package attack

import (
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"herbarium/internal/arch"
	"herbarium/internal/graph"
	"herbarium/internal/net"
	"herbarium/internal/random"
	"herbarium/internal/torch"
	"herbarium/internal/torchtest"
)

const px = 8

// curved is a small random resnet20: an honest net that is no linear function.
func curved(t *testing.T, classes int) *graph.Net {
	t.Helper()
	return torchtest.ResNet(t, "resnet20", arch.Options{Classes: classes, Mean: []float64{0.5, 0.5, 0.5}, Std: []float64{0.25, 0.25, 0.25}}, px, 11)
}

func photos(n int) [][]float32 {
	var out [][]float32
	for i := range n {
		r := random.New(7, uint64(i))
		x := make([]float32, 3*px*px)
		base := [3]float64{r.Float64(), r.Float64(), r.Float64()}
		for j := range x {
			x[j] = clip(base[j/(px*px)] + 0.3*r.NormFloat64())
		}
		out = append(out, x)
	}
	return out
}

// every is each attack of the table at a few steps, and PGD toward several targets from several starts.
func every() []Attack {
	multi := PGD(4)
	multi.Loss, multi.Targets, multi.Restarts = Margin, 2, 2
	all := []Attack{multi}
	for _, a := range attacks {
		all = append(all, a.make(Settings{Steps: 6, Restarts: 1, Queries: 15}))
	}
	return all
}

// Whatever an attack reports lies in ball and box, is what the model says it is, and is as far as it says.
func TestReportedSuccessesAreReal(t *testing.T) {
	s := torchtest.Pin(t)
	model := curved(t, 5)
	n, err := NewNet(model, net.Options{Device: torch.CPU, DType: torch.F32}, 64)
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	images := photos(4)
	for _, quantize := range []bool{false, true} {
		for _, b := range []Ball{{Linf, 0.03}, {Linf, 0.1}, {L2, 0.5}, {L2, 2}} {
			found := 0
			for _, attack := range every() {
				p := problemOf(t, s, n, model.Input, images, b)
				p.Quantize = quantize
				if err := attack.Run(p, p.Left()); err != nil {
					t.Fatalf("%s at %v: %v", attack.Name(), b, err)
				}
				for i, r := range p.Results {
					if !r.Broken {
						continue
					}
					found++
					linf, l2 := distances(r.Image, images[i])
					if d := b.Norm.of(linf, l2); d > b.Eps+1e-6 || linf != r.Linf || l2 != r.L2 {
						t.Errorf("%s at %v, item %d: distances %v, %v; reported %v, %v", attack.Name(), b, i, linf, l2, r.Linf, r.L2)
					}
					for _, v := range r.Image {
						if v < -1e-6 || v > 1+1e-6 {
							t.Fatalf("%s: pixel %v", attack.Name(), v)
						}
						if level := float64(v) * 255; quantize && math.Abs(level-math.Round(level)) > 1e-3 {
							t.Fatalf("%s: %v is no level of 255", attack.Name(), level)
						}
					}
					z, err := n.Logits(s, torch.From(s, []int{1, 3, px, px}, r.Image))
					if err != nil {
						t.Fatal(err)
					}
					if got := argmax(torch.Read[float32](s, z)); got != r.Predicted || got == p.Items[i].Label {
						t.Errorf("%s, item %d: predicted %d, reported %d, label %d", attack.Name(), i, got, r.Predicted, p.Items[i].Label)
					}
				}
			}
			if found == 0 {
				t.Errorf("nothing was broken at %v: the test sees nothing", b)
			}
		}
	}
}

// An item's result does not depend on its company, up to rounding, and its random numbers not at all.
func TestAloneAndInCompany(t *testing.T) {
	s := torchtest.Pin(t)
	model := curved(t, 5)
	n, err := NewNet(model, net.Options{Device: torch.CPU, DType: torch.F32}, 64)
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	images := photos(256)
	all := problemOf(t, s, n, model.Input, images, Ball{Linf, 0.02})
	many, err := newState(all, "pgd", 2, all.Left(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer many.close()
	const which = 200
	single := *all
	single.Items, single.Results = all.Items[which:which+1], make([]Result, 1)
	single.X = s.Narrow(all.X, 0, which, 1)
	one, err := newState(&single, "pgd", 2, []int{0}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer one.close()
	for _, b := range []Ball{{Linf, 0.1}, {L2, 1}} {
		company := split(torch.Read[float32](s, many.random(s, b)), 256)
		if diff := cmp.Diff(company[which], torch.Read[float32](s, one.random(s, b))); diff != "" {
			t.Errorf("%v: other random numbers alone: %s", b.Norm, diff)
		}
		if cmp.Equal(company[0], company[1]) {
			t.Errorf("%v: two items have the same random numbers", b.Norm)
		}
	}
	for _, attack := range every() {
		few := problemOf(t, s, n, model.Input, images[:5], Ball{Linf, 0.02})
		alone := problemOf(t, s, n, model.Input, images[3:4], Ball{Linf, 0.02})
		alone.Items[0].Key = few.Items[3].Key
		for _, p := range []*Problem{few, alone} {
			if err := attack.Run(p, p.Left()); err != nil {
				t.Fatal(err)
			}
		}
		a, b := few.Results[3], alone.Results[0]
		if a.Broken != b.Broken || a.Step != b.Step || math.Abs(a.L2-b.L2) > 1e-3 {
			t.Errorf("%s: %v after %d steps at %v in company, %v after %d at %v alone", attack.Name(), a.Broken, a.Step, a.L2, b.Broken, b.Step, b.L2)
		}
	}
}

// In a ball of nothing nothing is found, and a ball as large as the box hides nothing.
func TestNothingAndEverything(t *testing.T) {
	s := torchtest.Pin(t)
	model := curved(t, 5)
	for _, attack := range every() {
		for _, quantize := range []bool{false, true} { // no photo is on the levels of 8 bits: then no image counts
			p := problem(t, s, model, photos(4), Ball{Linf, 0})
			p.Quantize = quantize
			if err := attack.Run(p, p.Left()); err != nil {
				t.Fatal(err)
			}
			if left := p.Left(); len(left) != 4 {
				t.Errorf("%s: at eps 0 only %v are left", attack.Name(), left)
			}
		}
	}
	p := problem(t, s, model, photos(4), Ball{Linf, 1})
	if err := PGD(60).Run(p, p.Left()); err != nil {
		t.Fatal(err)
	}
	if left := p.Left(); len(left) != 0 {
		t.Errorf("unbounded PGD leaves %v", left)
	}
}

func TestTargetedAttacksReachTheirTarget(t *testing.T) {
	s := torchtest.Pin(t)
	model := curved(t, 5)
	for _, attack := range []Attack{PGD(20), APGD{Named: "apgd-ce", Steps: 20}, DeepFool{Steps: 20}, FAB{Steps: 20}} {
		for _, loss := range []Loss{CE, Margin, DLR} {
			if a, ok := attack.(Gradient); ok {
				a.Loss = loss
				attack = a
			} else if loss != CE {
				continue
			}
			p := problem(t, s, model, photos(4), Ball{Linf, 0.3})
			for i := range p.Items {
				p.Items[i].Target = ranked(p.Clean[i])[1]
			}
			if err := p.Evaluate(); err != nil {
				t.Fatal(err)
			}
			if err := attack.Run(p, p.Left()); err != nil {
				t.Fatal(err)
			}
			reached := 0
			for i, r := range p.Results {
				if r.Broken {
					reached++
					if r.Predicted != p.Items[i].Target {
						t.Errorf("%s: item %d became %d, not %d", attack.Name(), i, r.Predicted, p.Items[i].Target)
					}
				}
			}
			if reached < 3 {
				t.Errorf("%s with %s reached %d of 4 targets", attack.Name(), loss, reached)
			}
		}
	}
}

// On a linear net DeepFool reaches the boundary in one step, and in L2 away from the box that is the exact distance.
func TestDeepFoolReachesALinearBoundaryInOneStep(t *testing.T) {
	s := torchtest.Pin(t)
	checked := 0
	for seed := range uint64(100) {
		r := random.New(seed, random.Key("deepfool"))
		l := newLinear(r, 3)
		x := image(r)
		for i := range x {
			x[i] = 0.4 + 0.2*x[i]
		}
		for _, norm := range []Norm{Linf, L2} {
			p := problem(t, s, l.model, [][]float32{x}, Ball{norm, 5})
			if err := (DeepFool{Steps: 1, Classes: 9}).Run(p, p.Left()); err != nil {
				t.Fatal(err)
			}
			nearest := math.Inf(1)
			for k := range l.b {
				if k != p.Items[0].Label {
					nearest = math.Min(nearest, l.exactL2(x, p.Items[0].Label, k))
				}
			}
			if nearest > 0.3 { // it may touch the box
				continue
			}
			checked++
			res := p.Results[0]
			if !res.Broken || res.Step != 0 {
				t.Errorf("net %d, %v: broken %v at step %d", seed, norm, res.Broken, res.Step)
			}
			if norm == L2 && math.Abs(res.L2/nearest-1-deepFoolOvershoot) > 1e-3 {
				t.Errorf("net %d: distance %v, exactly %v", seed, res.L2, nearest)
			}
		}
	}
	if checked < 20 {
		t.Errorf("only %d nets had a boundary away from the box", checked)
	}
}

func TestPlaneStepIsTheShortest(t *testing.T) {
	s := torchtest.Pin(t)
	for seed := range uint64(300) {
		r := random.New(seed, random.Key("plane"))
		l := newLinear(r, 2)
		x := image(r)
		z := l.logits(x)
		y := 0
		if z[1] > z[0] {
			y = 1
		}
		normal := make([]float32, len(x))
		for i := range normal {
			normal[i] = float32(l.w[1-y][i] - l.w[y][i])
		}
		shape := []int{1, 3, side, side}
		at, lead := torch.From(s, shape, x), torch.From(s, []int{1, 1, 1, 1}, []float32{float32(z[1-y] - z[y])})
		step := func(n Norm) (linf, l2 float64) {
			d, length := newPlane(s, n, torch.From(s, shape, normal)).step(s, at, lead)
			linf, l2 = distances(torch.Read[float32](s, d), make([]float32, len(x)))
			if got := s.Number(length); math.Abs(got-n.of(linf, l2)) > 1e-6*(1+got) {
				t.Errorf("net %d: %v step is said to be %v long, is %v", seed, n, got, n.of(linf, l2))
			}
			return linf, l2
		}
		want := l.exactL2(x, y, 1-y)
		_, got := step(L2)
		if !math.IsInf(want, 1) && math.Abs(got-want) > 1e-4*(1+want) {
			t.Errorf("net %d: L2 step %v, by bisection %v", seed, got, want)
		}
		linf, _ := step(Linf)
		if !math.IsInf(want, 1) && (l.exactLinf(x, y, 1-y, linf*0.999) < 0 || l.exactLinf(x, y, 1-y, linf*1.001+1e-5) > 0) {
			t.Errorf("net %d: L-inf step %v is not where the exact margin is zero", seed, linf)
		}
	}
}

// With fewer than three classes, or four toward a class, DLR is the margin.
func TestLossesByHand(t *testing.T) {
	s := torchtest.Pin(t)
	z := []float32{3, 1, 0.5, -1}
	for _, c := range []struct {
		loss   Loss
		k      int
		target target
		want   float64
	}{
		{Margin, 4, target{0, NoTarget, false}, -2},
		{Margin, 4, target{2, NoTarget, false}, 2.5},
		{Margin, 4, target{0, 3, false}, -4},
		{Margin, 4, target{0, 1, true}, -2},
		{Margin, 4, target{0, 0, true}, 2},
		{DLR, 4, target{0, NoTarget, false}, -2 / 2.5},
		{DLR, 4, target{0, 1, false}, -2 / (3 - (0.5-1)/2)},
		{DLR, 3, target{0, NoTarget, false}, -2 / 2.5},
		{DLR, 3, target{0, 1, false}, -2},
		{DLR, 2, target{0, NoTarget, false}, -2},
		{CE, 2, target{0, NoTarget, false}, math.Log(1 + math.Exp(-2))},
		{CE, 2, target{0, 1, false}, -math.Log(1 + math.Exp(2))},
	} {
		logits := torch.From(s, []int{1, c.k}, z[:c.k])
		got := s.Number(c.loss.values(s, logits, newAims(s, []target{c.target}, torch.CPU)))
		if math.Abs(got-c.want) > 1e-6 {
			t.Errorf("%s of %d classes, target %v: %v, want %v", c.loss, c.k, c.target, got, c.want)
		}
	}
}

func TestNotANumberNamesTheItem(t *testing.T) {
	s := torchtest.Pin(t)
	l := newLinear(random.New(1, 1), 3)
	bias := l.model.Params["fc.bias"]
	for i := range bias.Data {
		bias.Data[i] = 0xff
	}
	n, err := NewNet(l.model, net.Options{Device: torch.CPU, DType: torch.F32}, 64)
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	p := &Problem{Model: n, Surrogate: n, Items: []Item{{Name: "rose.jpg", Target: NoTarget}}, X: torch.From(s, []int{1, 3, side, side}, image(random.New(1, 2)))}
	err = p.Evaluate()
	if want := `item "rose.jpg": the logit of class 0 is NaN`; fmt.Sprint(err) != want {
		t.Errorf("error %v, want %s", err, want)
	}
}
