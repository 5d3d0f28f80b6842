package images

import "math"

// Intensity is the value in [0,1] of an 8-bit one; [Byte] is its inverse.
func Intensity(v byte) float32 { return float32(v) / 255 }

// Intensities are the values in [0,1] of 8-bit ones.
func Intensities(values []byte) []float32 {
	out := make([]float32, len(values))
	for i, v := range values {
		out[i] = Intensity(v)
	}
	return out
}

// Byte is the 8-bit value of an intensity in [0,1], rounded to nearest; what lies outside is clipped, NaN is 0.
func Byte(v float32) byte {
	switch {
	case v >= 1:
		return 255
	case v > 0:
		return byte(math.RoundToEven(float64(v) * 255))
	default:
		return 0
	}
}

// Bytes are the 8-bit values of intensities.
func Bytes(values []float32) []byte {
	out := make([]byte, len(values))
	for i, v := range values {
		out[i] = Byte(v)
	}
	return out
}

// Intensities are the pixels of pictures from to before to, [to-from,C,H,W] in [0,1] where the document keeps to that.
// Those of an F32 batch are its own, and not a copy.
func (b *Batch) Intensities(from, to int) []float32 {
	size := b.size()
	if b.F32 != nil {
		return b.F32[from*size : to*size]
	}
	return Intensities(b.U8[from*size : to*size])
}

// Bytes are the pixels of pictures from to before to, [to-from,C,H,W] in 8 bits. Those of a U8 batch are its own, and not
// a copy.
func (b *Batch) Bytes(from, to int) []byte {
	size := b.size()
	if b.U8 != nil {
		return b.U8[from*size : to*size]
	}
	return Bytes(b.F32[from*size : to*size])
}
