package prior

import (
	"math"
	"testing"

	"herbarium/internal/torch"
	"herbarium/internal/torchtest"
)

// two pictures [2,3,2,3] whose values are not alike.
func pictures() []float64 {
	out := make([]float64, 2*3*2*3)
	for i := range out {
		out[i] = 0.5 + 0.4*math.Sin(float64(i*i))
	}
	return out
}

var mean = []float64{0.4, 0.5, 0.6}

// Each prior as the paper writes it, one picture at a time, in double precision.
func alphaNorm(x []float64) float64 {
	sum := 0.0
	for p := range 6 {
		square := 0.0
		for c := range 3 {
			d := (x[c*6+p] - mean[c]) * 255
			square += d * d
		}
		sum += math.Pow(math.Sqrt(square)/80, 6)
	}
	return sum / 6
}

func variation(x []float64) float64 {
	sum, v := 0.0, 80/6.5
	for c := range 3 {
		for y := range 2 {
			for at := range 3 {
				d := func(y2, x2 int) float64 {
					if y2 > 1 || x2 > 2 {
						return 0
					}
					return 255 * (x[(c*2+y2)*3+x2] - x[(c*2+y)*3+at])
				}
				right, down := d(y, at+1), d(y+1, at)
				sum += math.Pow((right*right+down*down)/(v*v), 1) // beta/2 = 1
			}
		}
	}
	return sum / 6
}

// moments compares a picture's channels, taken for activations, with mean and variance 0.3 and 0.02.
func moments(x []float64) float64 {
	sum := 0.0
	for c := range 3 {
		m, v := 0.0, 0.0
		for _, a := range x[c*6 : (c+1)*6] {
			m += a / 6
		}
		for _, a := range x[c*6 : (c+1)*6] {
			v += (a - m) * (a - m) / 6
		}
		sum += math.Abs(m-0.3) + math.Abs(v-0.02)
	}
	return 7 * sum / 3
}

func TestPriorsEqualTheirFormulasAndGradients(t *testing.T) {
	s := torchtest.Pin(t)
	floats := func(v []float64) []float32 {
		out := make([]float32, len(v))
		for i := range v {
			out[i] = float32(v[i])
		}
		return out
	}
	center := torch.From(s, []int{3}, floats(mean))
	norm := BatchNorm{Node: "bn", Weight: 7, Mean: torch.From(s, []int{3}, []float32{0.3, 0.3, 0.3}), Variance: torch.From(s, []int{3}, []float32{0.02, 0.02, 0.02})}
	for name, c := range map[string]struct {
		of   func(x torch.Tensor) torch.Tensor
		hand func([]float64) float64
	}{
		"alpha-norm": {func(x torch.Tensor) torch.Tensor { return AlphaNorm(s, x, center) }, alphaNorm},
		"variation":  {func(x torch.Tensor) torch.Tensor { return Variation(s, x) }, variation},
		"statistics": {func(x torch.Tensor) torch.Tensor {
			return Moments(s, []BatchNorm{norm}, map[string]torch.Tensor{"bn": x})
		}, moments},
	} {
		values := pictures()
		x := torch.From(s, []int{2, 3, 2, 3}, floats(values))
		s.RequireGrad(x)
		var got, gradient []float32
		err := s.Recording(func() error {
			y := c.of(x)
			got = torch.Read[float32](s, s.Detach(y))
			gradient = torch.Read[float32](s, s.Gradients(s.Sum(y), x)[0])
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 2 {
			one := values[i*18 : (i+1)*18]
			want := c.hand(one)
			if math.Abs(float64(got[i])-want) > 1e-5*want {
				t.Errorf("%s of picture %d is %v, by hand %v", name, i, got[i], want)
			}
			for k := range one {
				const h = 1e-5
				old := one[k]
				one[k] = old + h
				up := c.hand(one)
				one[k] = old - h
				down := c.hand(one)
				one[k] = old
				slope := (up - down) / (2 * h)
				if g := float64(gradient[i*18+k]); math.Abs(g-slope) > 1e-3*math.Max(1, math.Abs(slope)) {
					t.Errorf("%s of picture %d, value %d: gradient %v, by differences %v", name, i, k, g, slope)
				}
			}
		}
	}
}

func TestBoundMovesFarPixelsOnly(t *testing.T) {
	s := torchtest.Pin(t)
	// The first pixel is at a distance of 1, the second of 0.1; 2B is 0.627.
	x := torch.From(s, []int{1, 3, 1, 2}, []float32{1, 0.1, 0, 0, 0, 0})
	got := torch.Read[float32](s, Bound(s, x, torch.From(s, []int{3}, []float32{0, 0, 0})))
	want := []float32{160.0 / 255, 0.1, 0, 0, 0, 0}
	for i := range want {
		if math.Abs(float64(got[i]-want[i])) > 1e-6 {
			t.Fatalf("got %v, want %v", got, want)
		}
	}
}

func TestOnePixelHasNoVariation(t *testing.T) {
	s := torchtest.Pin(t)
	x := torch.From(s, []int{2, 3, 1, 1}, make([]float32, 6))
	if got := torch.Read[float32](s, Variation(s, x)); got[0] != 0 || len(got) != 2 {
		t.Errorf("variation %v", got)
	}
}

// A gray picture is as natural as the same picture in three equal channels.
func TestGrayIsAsNaturalAsItsRGB(t *testing.T) {
	s := torchtest.Pin(t)
	values := make([]float64, 2*1*5*4)
	for i := range values {
		values[i] = 0.5 + 0.49*math.Sin(float64(i*i))
	}
	gray := torch.From(s, []int{2, 1, 5, 4}, values)
	rgb := s.Cat(1, gray, gray, gray)
	one, three := torch.From(s, []int{1}, []float64{0.3}), torch.From(s, []int{3}, []float64{0.3, 0.3, 0.3})
	for name, pair := range map[string][2]torch.Tensor{
		"alpha norm": {AlphaNorm(s, gray, one), AlphaNorm(s, rgb, three)},
		"variation":  {Variation(s, gray), Variation(s, rgb)},
		"bound":      {Bound(s, gray, one), s.Narrow(Bound(s, rgb, three), 1, 2, 1)},
	} {
		if far := s.Number(s.Max(s.Abs(s.Sub(pair[0], pair[1])))); far > 1e-6 {
			t.Errorf("%s: gray and RGB are %g apart", name, far)
		}
	}
	if far := s.Number(s.Max(s.Abs(s.Sub(gray, Bound(s, gray, one))))); far < 0.01 {
		t.Error("nothing was bounded")
	}
}
