package sheet

import (
	"image/color"
	"math"
)

// lab is a color in CIELAB (CIE 15:2004) under D65, where equal distances look about equally large.
type lab [3]float64

// lch is the color of a lightness, a chroma and a hue in degrees.
func lch(lightness, chroma, hue float64) lab {
	sin, cos := math.Sincos(hue * math.Pi / 180)
	return lab{lightness, chroma * cos, chroma * sin}
}

func (c lab) distance(o lab) float64 {
	return math.Sqrt((c[0]-o[0])*(c[0]-o[0]) + (c[1]-o[1])*(c[1]-o[1]) + (c[2]-o[2])*(c[2]-o[2]))
}

// linear are the components of c in linear sRGB (IEC 61966-2-1); outside [0,1] where no screen can show it.
func (c lab) linear() [3]float64 {
	const epsilon = 6.0 / 29
	f := func(t float64) float64 {
		if t > epsilon {
			return t * t * t
		}
		return 3 * epsilon * epsilon * (t - 4.0/29)
	}
	l := (c[0] + 16) / 116
	x, y, z := 0.95047*f(l+c[1]/500), f(l), 1.08883*f(l-c[2]/200)
	return [3]float64{
		3.2404542*x - 1.5371385*y - 0.4985314*z,
		-0.9692660*x + 1.8760108*y + 0.0415560*z,
		0.0556434*x - 0.2040259*y + 1.0572252*z,
	}
}

// rgb is the nearest color of 8-bit sRGB.
func (c lab) rgb() color.RGBA {
	var out [3]uint8
	for i, v := range c.linear() {
		if v <= 0.0031308 {
			v *= 12.92
		} else {
			v = 1.055*math.Pow(v, 1/2.4) - 0.055
		}
		out[i] = uint8(math.Round(255 * min(max(v, 0), 1)))
	}
	return color.RGBA{out[0], out[1], out[2], 255}
}

// ramp are n colors on a smooth curve (Catmull-Rom) through points, at equal distances along it.
func ramp(n int, points ...lab) []lab {
	const fine = 200 // points on the curve between two of the given
	at := func(i int) lab { return points[min(max(i, 0), len(points)-1)] }
	var curve []lab
	length := []float64{0}
	for i := range len(points) - 1 {
		for k := range fine + 1 {
			t := float64(k) / fine
			var c lab
			for j := range c {
				a, b, d, e := at(i - 1)[j], at(i)[j], at(i + 1)[j], at(i + 2)[j]
				c[j] = b + t/2*(d-a+t*(2*a-5*b+4*d-e+t*(3*(b-d)+e-a)))
			}
			if len(curve) > 0 {
				length = append(length, length[len(length)-1]+c.distance(curve[len(curve)-1]))
			}
			curve = append(curve, c)
		}
	}
	out, k := make([]lab, n), 0
	for i := range out {
		want := length[len(length)-1] * float64(i) / float64(n-1)
		for k < len(curve)-2 && length[k+1] < want {
			k++
		}
		t := 0.0
		if gap := length[k+1] - length[k]; gap > 0 {
			t = min((want-length[k])/gap, 1)
		}
		for j := range out[i] {
			out[i][j] = curve[k][j] + t*(curve[k+1][j]-curve[k][j])
		}
	}
	return out
}
