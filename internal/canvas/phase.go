package canvas

import (
	"math"
	"slices"

	"herbarium/internal/random"
	"herbarium/internal/torch"
)

// Phase stores an image as the phases of its spectrum, with the magnitudes of photos that never change (Fel et al.
// 2023, MaCo): no step can put more energy into high frequencies than photos have. For variables z [N,C,h,w/2+1], in
// radians, the image is
//
//	sigmoid(color (b - mean(b)) / deviation(b) * spread),  b = irfft2(magnitude exp(i z))
//
// with mean and deviation over each picture, and the spread that photos have there.
type Phase struct {
	frequencies
	Height, Width int
	Color         Color
	magnitude     torch.Tensor // [C,h,w/2+1]
	spread        torch.Tensor // [C,1,1], deviation of each uncorrelated channel
}

// NewPhase keeps its constants in keep. Photos without a known spectrum are taken to have magnitudes that fall as
// 1/frequency (Field 1987).
func NewPhase(keep *torch.Scope, height, width int, photos Statistics, device torch.Device) *Phase {
	channels := len(photos.Color)
	spectrum, h, w := photos.Spectrum, photos.SpectrumHeight, photos.SpectrumWidth
	if spectrum == nil {
		h, w = height, width
		spectrum = slices.Repeat(pinkSpectrum(h, w), channels)
	}
	half := width/2 + 1
	magnitude := make([]float32, channels*height*half)
	for c := range channels {
		for y := range height {
			for x := range half {
				if y+x > 0 { // the mean has no phase
					magnitude[(c*height+y)*half+x] = float32(resample(spectrum[c*h*(w/2+1):(c+1)*h*(w/2+1)], h, w, y, x, height, width))
				}
			}
		}
	}
	spread := make([]float32, channels)
	for c := range channels {
		spread[c] = float32(deviation(spectrum[c*h*(w/2+1):(c+1)*h*(w/2+1)], h, w))
	}
	if photos.Spectrum == nil {
		for c := range spread {
			spread[c] = plainSpread
		}
	}
	return &Phase{frequencies: frequencies{height, width}, Height: height, Width: width, Color: photos.Color,
		magnitude: keep.To(torch.From(keep, []int{channels, height, half}, magnitude), device),
		spread:    keep.To(torch.From(keep, []int{channels, 1, 1}, spread), device)}
}

// plainSpread is the deviation of an uncorrelated channel for nets without statistics of photos: about that of flower photos.
const plainSpread = 1.5

// pinkSpectrum is one channel that falls as 1/frequency.
func pinkSpectrum(h, w int) []float32 {
	var one []float32
	for y := range h {
		for x := range w/2 + 1 {
			f := math.Hypot(signed(y, h)/float64(h), float64(x)/float64(w))
			one = append(one, float32(1/math.Max(f, 1/float64(max(h, w)))))
		}
	}
	return one
}

// signed is a row of a spectrum as a frequency: the upper half are negative ones.
func signed(y, h int) float64 {
	if 2*y > h {
		return float64(y - h)
	}
	return float64(y)
}

// resample reads the spectrum of h x w photos at the frequency, in cycles per picture, that coefficient y,x of a
// height x width picture stands for: a larger picture of the same scene has the same low frequencies, and
// continues their decline above the highest that the photos had.
func resample(spectrum []float32, h, w, y, x, height, width int) float64 {
	fy, fx := math.Abs(signed(y, height)), float64(x)
	top := math.Max(fy/(float64(h)/2), fx/(float64(w)/2))
	fall := 1.0
	if top > 1 {
		fy, fx, fall = fy/top, fx/top, 1/top
	}
	row := int(math.Round(fy))
	if signed(y, height) < 0 && row > 0 {
		row = (h - row) % h
	}
	v := float64(spectrum[min(row, h-1)*(w/2+1)+min(int(math.Round(fx)), w/2)])
	return fall * v * float64(height*width) / float64(h*w)
}

// deviation over an h x w picture with these magnitudes, without the mean (Parseval).
func deviation(spectrum []float32, h, w int) float64 {
	half, sum := w/2+1, 0.0
	for y := range h {
		for x := range half {
			m := float64(spectrum[y*half+x])
			switch {
			case y+x == 0:
			case x == 0 || 2*x == w:
				sum += m * m
			default: // stands for its mirror image, too
				sum += 2 * m * m
			}
		}
	}
	return math.Sqrt(sum) / float64(h*w)
}

// Size is that of the images.
func (p *Phase) Size() (height, width int) { return p.Height, p.Width }

// Shape is that of the variables of n images.
func (p *Phase) Shape(n int) []int { return []int{n, len(p.Color), p.Height, p.Width/2 + 1} }

// Start draws phases at random: clouds in the colors of photos: [C,h,w/2+1].
func (p *Phase) Start(seed uint64, keys ...uint64) []float32 {
	r := random.New(seed, append(keys[:len(keys):len(keys)], random.Key("phase"))...)
	z := make([]float32, len(p.Color)*p.Height*(p.Width/2+1))
	for i := range z {
		z[i] = float32(math.Pi * (2*r.Float64() - 1))
	}
	return z
}

// From takes the phases of images; their magnitudes are lost.
func (p *Phase) From(s *torch.Scope, images torch.Tensor) (torch.Tensor, error) {
	x, err := Decorrelate(s, images, p.Color)
	if err != nil {
		return torch.None, err
	}
	f := s.Rfft2(x)
	values := torch.Read[float32](s, f)
	z := make([]float32, len(values)/2)
	for i := range z {
		z[i] = float32(math.Atan2(float64(values[2*i+1]), float64(values[2*i])))
	}
	return s.To(torch.From(s, p.Shape(images.Shape()[0]), z), images.Device()), nil
}

// Image shows variables [N,C,h,w/2+1] as images [N,C,h,w] in (0,1).
func (p *Phase) Image(s *torch.Scope, z torch.Tensor) torch.Tensor {
	spectrum := s.Stack(4, s.Mul(p.magnitude, s.Cos(z)), s.Mul(p.magnitude, s.Sin(z)))
	x := s.Irfft2(spectrum, p.Height, p.Width)
	x = s.Sub(x, s.MeanKeep(x, 2, 3))
	variance := s.MeanKeep(s.Mul(x, x), 2, 3)
	x = s.Mul(s.Div(x, s.Sqrt(s.AddScalar(variance, 1e-12))), p.spread)
	return s.Sigmoid(recolor(s, x, p.Color))
}

// Confine leaves phases alone: they wrap by themselves.
func (p *Phase) Confine(*torch.Scope, torch.Tensor) {}
