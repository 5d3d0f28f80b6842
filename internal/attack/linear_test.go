package attack

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"herbarium/format"
	"herbarium/internal/graph"
	"herbarium/internal/net"
	"herbarium/internal/random"
	"herbarium/internal/torch"
	"herbarium/internal/torchtest"
)

// linear is a net logits = W x + b, of which the answers are known.
type linear struct {
	w     [][]float64 // [K][3*side*side]
	b     []float64
	model *graph.Net
}

const side = 2

func newLinear(r *rand.Rand, classes int) *linear {
	l := &linear{}
	d := 3 * side * side
	var weight, bias []float32
	for range classes {
		row := make([]float64, d)
		for i := range row {
			v := float32(r.NormFloat64())
			row[i] = float64(v)
			weight = append(weight, v)
		}
		v := float32(0.3 * r.NormFloat64())
		l.w, l.b = append(l.w, row), append(l.b, float64(v))
		bias = append(bias, v)
	}
	g := &graph.Graph{Nodes: []graph.Node{
		{Name: "flatten", In: []string{graph.Input}, Op: graph.Flatten{}},
		{Name: "fc", In: []string{"flatten"}, Op: graph.Linear{Out: classes, Bias: true}},
	}, Aliases: map[string]string{graph.Logits: "fc"}}
	l.model = &graph.Net{Graph: g, Input: graph.Shape{3, side, side}, Params: map[string]format.Tensor{
		"fc.weight": format.Of("fc.weight", []int{classes, d}, weight),
		"fc.bias":   format.Of("fc.bias", []int{classes}, bias),
	}}
	return l
}

func (l *linear) logits(x []float32) []float64 {
	out := make([]float64, len(l.b))
	for k, row := range l.w {
		out[k] = l.b[k]
		for i, v := range row {
			out[k] += v * float64(x[i])
		}
	}
	return out
}

// exactLinf is the smallest margin of class y over class k in ball and box: the item is robust iff it is positive for all k.
func (l *linear) exactLinf(x []float32, y, k int, eps float64) float64 {
	z := l.logits(x)
	m := z[y] - z[k]
	for i, v := range x {
		a := l.w[y][i] - l.w[k][i]
		lo, hi := math.Max(-eps, -float64(v)), math.Min(eps, 1-float64(v))
		m += math.Min(a*lo, a*hi)
	}
	return m
}

// exactL2 is the distance from x to where class k reaches class y, within the box: by bisection on the multiplier of
// clip(-lambda a, lo, hi). It is infinite if the box holds no such image.
func (l *linear) exactL2(x []float32, y, k int) float64 {
	z := l.logits(x)
	at := func(lambda float64) (margin, distance float64) {
		margin = z[y] - z[k]
		for i, v := range x {
			a := l.w[y][i] - l.w[k][i]
			d := math.Max(-float64(v), math.Min(1-float64(v), -lambda*a))
			margin += a * d
			distance += d * d
		}
		return margin, math.Sqrt(distance)
	}
	if m, _ := at(1e9); m > 0 {
		return math.Inf(1)
	}
	low, high := 0.0, 1e9
	for range 200 {
		if m, _ := at((low + high) / 2); m > 0 {
			low = (low + high) / 2
		} else {
			high = (low + high) / 2
		}
	}
	_, d := at(high)
	return d
}

func image(r *rand.Rand) []float32 {
	x := make([]float32, 3*side*side)
	for i := range x {
		x[i] = float32(r.Float64())
		if r.IntN(8) == 0 { // corners of the box
			x[i] = float32(r.IntN(2))
		}
	}
	return x
}

// problem is items of a model, each labeled as the model sees it.
func problem(t *testing.T, s *torch.Scope, model *graph.Net, images [][]float32, b Ball) *Problem {
	t.Helper()
	n, err := NewNet(model, net.Options{Device: torch.CPU, DType: torch.F32}, 64)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Close)
	return problemOf(t, s, n, model.Input, images, b)
}

func problemOf(t *testing.T, s *torch.Scope, m Model, in graph.Shape, images [][]float32, b Ball) *Problem {
	t.Helper()
	var all []float32
	p := &Problem{Model: m, Surrogate: m, Ball: b, Seed: 3}
	for i, x := range images {
		all = append(all, x...)
		name := fmt.Sprint("image ", i)
		p.Items = append(p.Items, Item{Name: name, Key: Key(name, i), Target: NoTarget})
	}
	p.X = torch.From(s, append([]int{len(images)}, in...), all)
	if err := p.Evaluate(); err != nil {
		t.Fatal(err)
	}
	for i, z := range p.Clean {
		p.Items[i].Label = argmax(z)
	}
	if err := p.Evaluate(); err != nil {
		t.Fatal(err)
	}
	return p
}

// On linear nets the multi-target margin attack of one step is exact, and no attack does better.
func TestFGSMIsExactOnLinearNets(t *testing.T) {
	s := torchtest.Pin(t)
	decided, ce := 0, 0
	for seed := range uint64(1000) {
		r := random.New(seed, random.Key("linear"))
		l := newLinear(r, 2+r.IntN(4))
		x := [][]float32{image(r), image(r)}
		eps := []float64{0.01, 0.03, 0.1, 0.3}[seed%4]
		p := problem(t, s, l.model, x, Ball{Linf, eps})
		exact := FGSM()
		exact.Loss, exact.Targets = Margin, 9
		if err := exact.Run(p, p.Left()); err != nil {
			t.Fatal(err)
		}
		for i, item := range p.Items {
			smallest := math.Inf(1)
			for k := range l.b {
				if k != item.Label {
					smallest = math.Min(smallest, l.exactLinf(x[i], item.Label, k, eps))
				}
			}
			if math.Abs(smallest) < 1e-5 {
				continue // float32 may decide it either way
			}
			decided++
			if got := p.Results[i].Broken; got != (smallest < 0) {
				t.Errorf("net %d, item %d: broken %v, but the exact margin is %v", seed, i, got, smallest)
			}
		}
		plain := problem(t, s, l.model, x, Ball{Linf, eps})
		if err := PGD(5).Run(plain, plain.Left()); err != nil {
			t.Fatal(err)
		}
		for i, r := range plain.Results {
			if r.Broken && !p.Results[i].Broken {
				t.Errorf("net %d, item %d: PGD broke what is exactly robust", seed, i)
			}
			if p.Results[i].Broken && !r.Broken {
				ce++
			}
		}
	}
	if decided < 1900 {
		t.Errorf("only %d items were decided", decided)
	}
	t.Logf("cross-entropy PGD left %d of 2000 that the exact attack breaks", ce)
}

// Around the exact L2 distance to the nearest boundary in the box, iterated L2 attacks change their answer.
func TestL2AttacksAgreeWithBisection(t *testing.T) {
	s := torchtest.Pin(t)
	for seed := range uint64(25) {
		r := random.New(seed, random.Key("linear l2"))
		l := newLinear(r, 3)
		x := [][]float32{image(r)}
		p := problem(t, s, l.model, x, Ball{L2, 1})
		nearest := math.Inf(1)
		for k := range l.b {
			if k != p.Items[0].Label {
				nearest = math.Min(nearest, l.exactL2(x[0], p.Items[0].Label, k))
			}
		}
		if nearest < 1e-3 || math.IsInf(nearest, 1) {
			continue
		}
		for _, attack := range []Attack{l2PGD()} {
			for factor, broken := range map[float64]bool{0.99: false, 1.02: true} {
				p := problem(t, s, l.model, x, Ball{L2, factor * nearest})
				if err := attack.Run(p, p.Left()); err != nil {
					t.Fatal(err)
				}
				if p.Results[0].Broken != broken {
					t.Errorf("net %d, %s at %v of the exact distance %v: broken %v", seed, attack.Name(), factor, nearest, p.Results[0].Broken)
				}
			}
		}
	}
}

// l2PGD starts at the item: what a random start adds across the gradient takes hundreds of steps to fade.
func l2PGD() Attack {
	a := PGD(60)
	a.Loss, a.Targets, a.Start = Margin, 9, false
	return a
}
