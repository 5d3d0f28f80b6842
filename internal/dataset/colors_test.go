package dataset

import (
	"bytes"
	"testing"

	"herbarium/internal/dataset/synthetic"
	"herbarium/internal/images"
)

// What PIL's convert("L") makes of these colors.
func TestLumaIsPILs(t *testing.T) {
	colors := [][3]byte{{255, 0, 0}, {0, 255, 0}, {0, 0, 255}, {12, 200, 99}, {1, 2, 4}, {250, 3, 128}, {255, 255, 255}, {77, 77, 77}}
	var chw []byte
	for c := range 3 {
		for _, rgb := range colors {
			chw = append(chw, rgb[c])
		}
	}
	if got, want := luma(chw, len(colors)), []byte{76, 150, 29, 132, 2, 91, 255, 77}; !bytes.Equal(got, want) {
		t.Errorf("gray values %v, want %v", got, want)
	}
}

// Flowers become gray, gray data sets RGB, and what has the channels already stays as it is. Degradation keeps them.
func TestInColors(t *testing.T) {
	flower := synthetic.Flowers{Count: 1, Height: 9, Width: 8}
	rgb, err := flower.Load(0)
	if err != nil {
		t.Fatal(err)
	}
	digits, err := Open([]string{mnist(t, "MNIST")}, Options{Split: "train"})
	if err != nil {
		t.Fatal(err)
	}
	digit, err := digits.Load(1)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		src      Source
		channels int
		want     []byte
	}{
		"flowers as they are": {flower, 0, rgb.U8},
		"flowers in RGB":      {flower, images.RGB, rgb.U8},
		"flowers in gray":     {flower, images.Gray, luma(rgb.U8, 72)},
		"digits as they are":  {digits, 0, digit.U8},
		"digits in gray":      {digits, images.Gray, digit.U8},
		"digits in RGB":       {digits, images.RGB, bytes.Repeat(digit.U8, 3)},
	} {
		p, err := InColors(test.src, test.channels).Load(min(1, test.src.Len()-1))
		if err != nil || !bytes.Equal(p.U8, test.want) {
			t.Errorf("%s: %v, error %v", name, p.U8, err)
		}
	}
	worse, err := Degraded(InColors(flower, images.Gray), Degradation{Blur: 1, JPEG: 90}).Load(0)
	if err != nil || len(worse.U8) != 72 || bytes.Equal(worse.U8, luma(rgb.U8, 72)) {
		t.Errorf("a gray picture made worse has %d values, error %v", len(worse.U8), err)
	}
	if got := len(InColors(digits, images.RGB).(Files).Depends([]int{0})); got != len(digits.Depends([]int{0})) {
		t.Errorf("the converted files are %d", got)
	}
}
