package synthetic

import "math"

// rgb is a color as it is shown (sRGB), in [0,1].
type rgb struct{ r, g, b float32 }

func (a rgb) mix(b rgb, t float32) rgb {
	return rgb{a.r + (b.r-a.r)*t, a.g + (b.g-a.g)*t, a.b + (b.b-a.b)*t}
}
func (a rgb) times(s float32) rgb { return rgb{a.r * s, a.g * s, a.b * s} }
func (a rgb) filter(b rgb) rgb    { return rgb{a.r * b.r, a.g * b.g, a.b * b.b} }

// hsv is the color of a hue in degrees, a saturation and a value in [0,1].
func hsv(hue, saturation, value float32) rgb {
	h := float32(math.Mod(float64(hue)/60, 6))
	if h < 0 {
		h += 6
	}
	channel := func(n float32) float32 {
		k := float32(math.Mod(float64(n+h), 6))
		return value * (1 - saturation*limit(min(k, 4-k)))
	}
	return rgb{channel(5), channel(3), channel(1)}
}

// hue is the inverse of hsv; the hue of a gray is 0.
func (a rgb) hsv() (hue, saturation, value float32) {
	hi, lo := max(a.r, a.g, a.b), min(a.r, a.g, a.b)
	if hi == 0 || hi == lo {
		return 0, 0, hi
	}
	d := hi - lo
	switch hi {
	case a.r:
		hue = (a.g - a.b) / d
	case a.g:
		hue = 2 + (a.b-a.r)/d
	default:
		hue = 4 + (a.r-a.g)/d
	}
	if hue < 0 {
		hue += 6
	}
	return 60 * hue, d / hi, hi
}
