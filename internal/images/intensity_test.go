package images

import (
	"math"
	"slices"
	"testing"
)

// TestBytesAndIntensities: every 8-bit value survives, and an intensity takes the nearest.
func TestBytesAndIntensities(t *testing.T) {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	values := Intensities(all)
	if values[0] != 0 || values[255] != 1 || values[51] != 0.2 {
		t.Errorf("0, 51 and 255 are %v, %v and %v", values[0], values[51], values[255])
	}
	if got := Bytes(values); !slices.Equal(got, all) {
		t.Errorf("8-bit values become %v", got)
	}
	for v, want := range map[float32]byte{-1: 0, 0.49 / 255: 0, 0.51 / 255: 1, 1.51 / 255: 2, 254.4 / 255: 254, 2: 255} {
		if got := Byte(v); got != want {
			t.Errorf("%v is %d, want %d", v, got, want)
		}
	}
	if got := Byte(float32(math.NaN())); got != 0 {
		t.Errorf("NaN is %d", got)
	}
}

func TestPixelsOfSomePictures(t *testing.T) {
	eight := &Batch{Items: make([]Item, 3), Height: 1, Width: 2, U8: []byte{0, 1, 2, 3, 4, 5, 51, 51, 51, 51, 51, 255, 0, 0, 0, 0, 0, 0}}
	if got, want := eight.Intensities(1, 2), []float32{0.2, 0.2, 0.2, 0.2, 0.2, 1}; !slices.Equal(got, want) {
		t.Errorf("intensities %v, want %v", got, want)
	}
	if got := eight.Bytes(0, 2); &got[0] != &eight.U8[0] || len(got) != 12 {
		t.Error("the bytes of an 8-bit batch are a copy")
	}
	floats := &Batch{Items: make([]Item, 3), Height: 1, Width: 2, F32: Intensities(eight.U8)}
	if got, want := floats.Bytes(0, 2), eight.Bytes(0, 2); !slices.Equal(got, want) {
		t.Errorf("bytes %v, want %v", got, want)
	}
	if got := floats.Intensities(2, 3); &got[0] != &floats.F32[12] || len(got) != 6 {
		t.Error("the intensities of a float batch are a copy")
	}
}
