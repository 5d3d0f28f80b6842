package synthetic

import (
	"math"
	"testing"
)

// plainCanvas is a black canvas in even light.
func plainCanvas(side int) *canvas {
	return newCanvas(side, side, light{from: vec3{0, 0, 1}, ambient: 1, exposure: 1, tint: rgb{1, 1, 1}})
}

// total is the painted area in square units of the scene, whose side is 2.
func (c *canvas) total() float64 {
	sum := 0.0
	for _, p := range c.pix {
		sum += float64(p.r)
	}
	return sum / float64(c.scale) / float64(c.scale)
}

// A petal covers twice the integral of its half width, wherever it points and however it bends, edges included.
func TestPetalAreaIsThatOfItsShape(t *testing.T) {
	white := &paint{base: rgb{1, 1, 1}, tip: rgb{1, 1, 1}, middle: 0.5}
	for name, s := range map[string]*shape{"strap": strap, "pointed": tepal, "round": obovate, "stem": strip} {
		want := 0.0
		for i := range 1000 {
			half, _ := s.at((float32(i) + 0.5) / 1000)
			want += 2 * float64(half) / 1000
		}
		const length = 0.9
		want *= length * length
		for _, angle := range []float32{0, 0.4, 1.3, 2.9} {
			for _, bend := range []float32{0, 0.25} {
				c := plainCanvas(96)
				axis := polar(angle, length)
				c.draw(&petal{shape: s, paint: white, at: axis.times(-0.5), axis: axis, bend: axis.across().times(bend), side: axis.across(),
					along: vec3{1, 0, 0}, across: vec3{0, 1, 0}, normal: vec3{0, 0, 1}, dim: 1})
				if got := c.total(); math.Abs(got-want) > 0.03*want+0.004 {
					t.Errorf("%s at angle %.1f, bend %.2f: area %.4f, want %.4f", name, angle, bend, got, want)
				}
			}
		}
	}
}

func TestDiscAreaIsThatOfItsEllipse(t *testing.T) {
	for _, r := range [][2]float32{{0.5, 0.5}, {0.6, 0.2}, {0.03, 0.03}} {
		c := plainCanvas(96)
		d := round(vec2{0.1, -0.2}, r[0])
		d.side = vec2{0, r[1]}
		d.center, d.edge = rgb{1, 1, 1}, rgb{1, 1, 1}
		c.disc(&d)
		want := math.Pi * float64(r[0]*r[1])
		if got := c.total(); math.Abs(got-want) > 0.02*want {
			t.Errorf("half axes %v: area %.4f, want %.4f", r, got, want)
		}
	}
}

func TestApproximations(t *testing.T) {
	for i := range 2000 {
		x := float64(i)/200 - 5
		if got, want := float64(wave(float32(x))), math.Cos(2*math.Pi*x); math.Abs(got-want) > 0.002 {
			t.Fatalf("wave(%v) = %v, want %v", x, got, want)
		}
		a := 2 * math.Pi * (float64(i)/2000 - 0.4999)
		got, want := float64(turn(float32(math.Cos(a)), float32(math.Sin(a)))), a/(2*math.Pi)
		if math.Abs(math.Remainder(got-want, 1)) > 0.001 {
			t.Fatalf("turn at %v = %v, want %v", a, got, want)
		}
	}
}

func TestColorsGoThereAndBack(t *testing.T) {
	for hue := float32(0); hue < 360; hue += 7 {
		h, s, v := hsv(hue, 0.6, 0.8).hsv()
		if math.Abs(math.Remainder(float64(h-hue), 360)) > 0.01 || math.Abs(float64(s)-0.6) > 1e-5 || math.Abs(float64(v)-0.8) > 1e-5 {
			t.Errorf("hue %v comes back as %v, %v, %v", hue, h, s, v)
		}
	}
	if got := hsv(0, 1, 1); got != (rgb{1, 0, 0}) {
		t.Errorf("hue 0 is %v, want red", got)
	}
	if got := hsv(240, 1, 1); got != (rgb{0, 0, 1}) {
		t.Errorf("hue 240 is %v, want blue", got)
	}
}

// A flower that faces the viewer is not foreshortened; one tilted by 60 degrees is half as wide in that direction.
func TestFacing(t *testing.T) {
	p := facing(vec2{}, 1, 0.3, 0, 0)
	if got := p.flat(vec3{1, 0, 0}).length(); math.Abs(float64(got)-1) > 1e-5 {
		t.Errorf("untilted: length %v, want 1", got)
	}
	p = facing(vec2{}, 1, 0, pi/3, 0)
	if got := p.flat(vec3{1, 0, 0}).length(); math.Abs(float64(got)-0.5) > 1e-5 {
		t.Errorf("tilted along x: length %v, want 0.5", got)
	}
	if got := p.flat(vec3{0, 1, 0}).length(); math.Abs(float64(got)-1) > 1e-5 {
		t.Errorf("tilted along x: length across %v, want 1", got)
	}
	if face := p.turn(vec3{0, 0, 1}); face.x <= 0 || math.Abs(float64(face.z)-0.5) > 1e-5 {
		t.Errorf("the face looks toward %v, want to lean to +x", face)
	}
}
