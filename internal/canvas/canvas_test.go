package canvas

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"herbarium/internal/torch"
	"herbarium/internal/torchtest"
)

// One coefficient is one wave: 2/(w h) scale cos(2 pi (fy y + fx x)), through color and sigmoid, for even and odd sizes.
func TestOneCoefficientIsOneWave(t *testing.T) {
	s := torchtest.Pin(t)
	for _, size := range [][2]int{{8, 6}, {7, 5}, {5, 8}} {
		h, w := size[0], size[1]
		color := DefaultColor(3)
		f := NewFourier(s, h, w, color, torch.CPU)
		const fy, fx, channel, amplitude = 1, 2, 1, 3.0
		z := make([]float32, 3*h*(w/2+1)*2)
		z[((channel*h+fy)*(w/2+1)+fx)*2] = amplitude
		got := torch.Read[float32](s, f.Image(s, torch.From(s, f.Shape(1), z)))
		frequency := math.Hypot(fy/float64(h), fx/float64(w))
		scale := math.Sqrt(float64(w*h)) / 4 / math.Max(frequency, 1/float64(max(w, h)))
		for c := range 3 {
			for y := range h {
				for x := range w {
					wave := 2 / float64(w*h) * scale * amplitude * math.Cos(2*math.Pi*(fy*float64(y)/float64(h)+fx*float64(x)/float64(w)))
					want := 1 / (1 + math.Exp(-color[c][channel]*wave))
					if far := math.Abs(float64(got[(c*h+y)*w+x]) - want); far > 1e-5 {
						t.Fatalf("%dx%d: channel %d at %d,%d is off by %g", h, w, c, y, x, far)
					}
				}
			}
		}
	}
}

func TestStartIsNearlyGrayAndTheItemsOwn(t *testing.T) {
	s := torchtest.Pin(t)
	f := NewFourier(s, 16, 16, DefaultColor(3), torch.CPU)
	a, b := f.Start(1, 2, 3), f.Start(1, 2, 4)
	if cmp.Equal(a, b) {
		t.Error("two items start alike")
	}
	if !cmp.Equal(a, f.Start(1, 2, 3)) {
		t.Error("the same item starts differently")
	}
	x := f.Image(s, torch.From(s, f.Shape(1), a))
	if far := s.Number(s.Max(s.Abs(s.AddScalar(x, -0.5)))); far > 0.1 {
		t.Errorf("the start is %v away from gray", far)
	}
}

func TestColorsFollowTheCovariance(t *testing.T) {
	// Independent channels whose variances are 4:1:0.25: the columns are the axes, by size.
	c, err := NewColor([]float64{0.01, 0, 0, 0, 0.04, 0, 0, 0, 0.0025}, 3)
	if err != nil {
		t.Fatal(err)
	}
	want := Color{{0, 0.5, 0}, {1, 0, 0}, {0, 0, 0.25}}
	for i := range want {
		for k := range want[i] {
			if math.Abs(c[i][k]-want[i][k]) > 1e-9 {
				t.Fatalf("color matrix %v, want %v", c, want)
			}
		}
	}
	// In general C C^T is proportional to the covariance.
	covariance := []float64{0.05, 0.03, 0.01, 0.03, 0.06, 0.02, 0.01, 0.02, 0.04}
	if c, err = NewColor(covariance, 3); err != nil {
		t.Fatal(err)
	}
	factor := 0.0
	for i := range 3 {
		for j := range 3 {
			v := 0.0
			for k := range 3 {
				v += c[i][k] * c[j][k]
			}
			if i+j == 0 {
				factor = v / covariance[0]
			}
			if math.Abs(v-factor*covariance[3*i+j]) > 1e-9 {
				t.Errorf("C C^T at %d,%d is %v, want %v", i, j, v, factor*covariance[3*i+j])
			}
		}
	}
}

func TestColorsOfGrayPhotosCanBeInverted(t *testing.T) {
	c, err := NewColor([]float64{1, 1, 1, 1, 1, 1, 1, 1, 1}, 3)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Inverse(); err != nil {
		t.Error(err)
	}
	if _, err := NewColor([]float64{math.NaN(), 0, 0, 0, 1, 0, 0, 0, 1}, 3); err == nil {
		t.Error("a covariance that is not a number was accepted")
	}
	if _, err := NewColor([]float64{1, 2}, 3); err == nil {
		t.Error("a covariance of two values was accepted")
	}
}

func TestDecorrelateIsTheInverse(t *testing.T) {
	s := torchtest.Pin(t)
	values := make([]float32, 2*3*4*5)
	for i := range values {
		values[i] = float32(0.5 + 0.45*math.Sin(float64(3*i)))
	}
	x := torch.From(s, []int{2, 3, 4, 5}, values)
	z, err := Decorrelate(s, x, DefaultColor(3))
	if err != nil {
		t.Fatal(err)
	}
	back := s.Sigmoid(recolor(s, z, DefaultColor(3)))
	if far := s.Number(s.Max(s.Abs(s.Sub(back, x)))); far > 1e-4 {
		t.Errorf("off by %g", far)
	}
}

// What From finds shows the picture again, except that phase keeps no magnitudes.
func TestFromIsTheInverseOfImage(t *testing.T) {
	s := torchtest.Pin(t)
	const h, w = 6, 8
	values := make([]float32, 2*3*h*w)
	for i := range values {
		values[i] = float32(0.5 + 0.45*math.Sin(float64(3*i)))
	}
	x := torch.From(s, []int{2, 3, h, w}, values)
	for _, name := range []string{"pixel", "fourier"} {
		c, err := New(name, s, h, w, Statistics{Color: DefaultColor(3)}, torch.CPU)
		if err != nil {
			t.Fatal(err)
		}
		z, err := c.From(s, x)
		if err != nil {
			t.Fatal(err)
		}
		if far := s.Number(s.Max(s.Abs(s.Sub(c.Image(s, z), x)))); far > 1e-3 {
			t.Errorf("%s: off by %g", name, far)
		}
	}
}

// A picture whose spectrum has the magnitudes of photos comes back from its phases alone; any phases have those
// magnitudes, and the spread that goes with them.
func TestPhaseKeepsTheMagnitudesOfPhotos(t *testing.T) {
	s := torchtest.Pin(t)
	const h, w = 8, 10
	color := Color{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}
	values := make([]float32, 3*h*w)
	for i := range values {
		values[i] = float32(0.5 + 0.3*math.Sin(float64(i*i)))
	}
	photo := torch.From(s, []int{1, 3, h, w}, values)
	y, err := Decorrelate(s, photo, color)
	if err != nil {
		t.Fatal(err)
	}
	f := s.Rfft2(y)
	spectrum := torch.Read[float32](s, s.Sqrt(s.Sum(s.Mul(f, f), 4)))
	p := NewPhase(s, h, w, Statistics{Color: color, Spectrum: spectrum, SpectrumHeight: h, SpectrumWidth: w}, torch.CPU)
	z, err := p.From(s, photo)
	if err != nil {
		t.Fatal(err)
	}
	back, err := Decorrelate(s, p.Image(s, z), color)
	if err != nil {
		t.Fatal(err)
	}
	centered := s.Sub(y, s.MeanKeep(y, 2, 3)) // the mean is not kept
	if far := s.Number(s.Max(s.Abs(s.Sub(back, centered)))); far > 1e-3 {
		t.Errorf("the photo comes back %g off", far)
	}
	other, err := Decorrelate(s, p.Image(s, torch.From(s, p.Shape(1), p.Start(1, 2))), color)
	if err != nil {
		t.Fatal(err)
	}
	g := s.Rfft2(other)
	got := torch.Read[float32](s, s.Sqrt(s.Sum(s.Mul(g, g), 4)))
	for i, v := range spectrum {
		column, row := i%(w/2+1), i/(w/2+1)%h
		if column == 0 || column == w/2 || row+column == 0 {
			continue // phases of a real picture are not free there
		}
		if math.Abs(float64(got[i]/v)-1) > 0.2 { // the free ones make up for those that are not
			t.Errorf("magnitude %d is %v, photos have %v", i, got[i], v)
		}
	}
	// Twice the size: the low frequencies are those of the photo.
	big := NewPhase(s, 2*h, 2*w, Statistics{Color: color, Spectrum: spectrum, SpectrumHeight: h, SpectrumWidth: w}, torch.CPU)
	low := torch.Read[float32](s, big.magnitude)[1]
	if want := 4 * spectrum[1]; math.Abs(float64(low-want)) > 1e-3*float64(want) {
		t.Errorf("at twice the size the lowest magnitude is %v, want %v", low, want)
	}
}

// Gray pictures have canvases of one channel, whose variables show them, and that start as RGB ones do.
func TestGrayCanvases(t *testing.T) {
	s := torchtest.Pin(t)
	const h, w = 6, 9
	color, err := NewColor([]float64{0.05}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if !cmp.Equal(color, DefaultColor(1)) || !cmp.Equal(color, Color{{1}}) {
		t.Errorf("the matrix of gray photos is %v, the default %v", color, DefaultColor(1))
	}
	values := make([]float32, 2*h*w)
	for i := range values {
		values[i] = float32(0.5 + 0.45*math.Sin(float64(3*i)))
	}
	x := torch.From(s, []int{2, 1, h, w}, values)
	for _, name := range names {
		c, err := New(name, s, h, w, Statistics{Color: color}, torch.CPU)
		if err != nil {
			t.Fatal(err)
		}
		start := c.Image(s, torch.From(s, c.Shape(1), c.Start(1, 2)))
		if !cmp.Equal(start.Shape(), []int{1, 1, h, w}) {
			t.Errorf("%s: the start has shape %v", name, start.Shape())
		}
		z, err := c.From(s, x)
		if err != nil {
			t.Fatal(err)
		}
		if far := s.Number(s.Max(s.Abs(s.Sub(c.Image(s, z), x)))); far > 1e-3 && name != "phase" {
			t.Errorf("%s: off by %g", name, far)
		}
	}
}
