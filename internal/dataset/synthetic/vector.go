package synthetic

import "math"

// vec2 is a point or direction in the picture: x to the right, y down.
type vec2 struct{ x, y float32 }

func (a vec2) add(b vec2) vec2         { return vec2{a.x + b.x, a.y + b.y} }
func (a vec2) sub(b vec2) vec2         { return vec2{a.x - b.x, a.y - b.y} }
func (a vec2) times(s float32) vec2    { return vec2{a.x * s, a.y * s} }
func (a vec2) across() vec2            { return vec2{-a.y, a.x} }
func (a vec2) length() float32         { return sqrt(a.x*a.x + a.y*a.y) }
func polar(angle, length float32) vec2 { return vec2{length * cos(angle), length * sin(angle)} }
func (a vec2) turned(angle float32) vec2 {
	c, s := cos(angle), sin(angle)
	return vec2{c*a.x - s*a.y, s*a.x + c*a.y}
}

// vec3 is a point or direction in space; z points out of the picture.
type vec3 struct{ x, y, z float32 }

func (a vec3) add(b vec3) vec3      { return vec3{a.x + b.x, a.y + b.y, a.z + b.z} }
func (a vec3) times(s float32) vec3 { return vec3{a.x * s, a.y * s, a.z * s} }
func (a vec3) dot(b vec3) float32   { return a.x*b.x + a.y*b.y + a.z*b.z }
func (a vec3) cross(b vec3) vec3 {
	return vec3{a.y*b.z - a.z*b.y, a.z*b.x - a.x*b.z, a.x*b.y - a.y*b.x}
}
func (a vec3) unit() vec3 { return a.times(1 / sqrt(a.dot(a))) }

func sqrt(x float32) float32 { return float32(math.Sqrt(float64(x))) }
func sin(x float32) float32  { return float32(math.Sin(float64(x))) }
func cos(x float32) float32  { return float32(math.Cos(float64(x))) }

func abs(x float32) float32 {
	if x < 0 {
		return -x
	}
	return x
}

// limit keeps x within 0..1. (Go's min and max take care of NaN and -0, which costs a fifth of all time here.)
func limit(x float32) float32 {
	if x < 0 {
		return 0
	}
	if x > 1 {
		return 1
	}
	return x
}

// least is the smaller of two numbers.
func least(a, b float32) float32 {
	if a < b {
		return a
	}
	return b
}

// smooth goes from 0 at a to 1 at b without corners.
func smooth(a, b, x float32) float32 {
	t := limit((x - a) / (b - a))
	return t * t * (3 - 2*t)
}

func lerp(a, b, t float32) float32 { return a + (b-a)*t }

const pi = math.Pi
