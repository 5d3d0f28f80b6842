package anyjpeg

import "math"

// cosines are the samples of the eight waves of a discrete cosine transform, by frequency, scaled to be orthonormal.
var cosines = func() (c [8][8]float32) {
	for u := range c {
		scale := 0.5
		if u == 0 {
			scale = math.Sqrt(0.125)
		}
		for x := range c[u] {
			c[u][x] = float32(scale * math.Cos(float64((2*x+1)*u)*math.Pi/16))
		}
	}
	return c
}()

// transform writes the 8x8 samples that a block of coefficients stands for.
func transform(dst []byte, stride int, block *[blockSize]int16, quant *[blockSize]int32) {
	var rows [8][8]float32 // transformed across
	for v := range 8 {
		for u := range 8 {
			if a := float32(block[8*v+u]) * float32(quant[8*v+u]); a != 0 {
				for x := range 8 {
					rows[v][x] += float32(a * cosines[u][x]) // not fused: the same on every machine
				}
			}
		}
	}
	for y := range 8 {
		for x := range 8 {
			sum := float32(128.5)
			for v := range 8 {
				sum += float32(rows[v][x] * cosines[v][y])
			}
			dst[y*stride+x] = byte(min(max(sum, 0), 255))
		}
	}
}
