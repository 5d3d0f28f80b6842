package main

import (
	"math"
	"strings"
	"testing"

	"herbarium/format"
	"herbarium/internal/images"
)

func TestTriptychShowsSourceChangeAndResult(t *testing.T) {
	source := []byte{100, 100, 100, 100, 100, 100}
	b := &images.Batch{Height: 1, Width: 2, U8: []byte{110, 90, 100, 100, 100, 100}, Items: []images.Item{{"name": "a"}},
		Extra: []format.Tensor{format.Of("source", []int{1, 3, 1, 2}, source)}}
	out, err := triptych(b)
	if err != nil {
		t.Fatal(err)
	}
	if out.Len() != 3 || out.Items[1].Text(panelKey) != changePanel {
		t.Fatalf("%d pictures: %v", out.Len(), out.Items)
	}
	// The largest change is 10/255; ten times that is below a half, twenty times is above.
	if times, _ := out.Items[1].Number("times"); times != 10 {
		t.Errorf("magnified %v times", times)
	}
	for k, want := range []float64{100.0 / 255, 100.0 / 255, 100.0 / 255} {
		if got := float64(out.F32[k+2]); math.Abs(got-want) > 1e-6 {
			t.Errorf("source value %d: %v", k, got)
		}
	}
	for k, want := range []float64{0.5 + 100.0/255, 0.5 - 100.0/255, 0.5} {
		if got := float64(out.F32[6+k]); math.Abs(got-want) > 1e-6 {
			t.Errorf("change value %d: %v, want %v", k, got, want)
		}
	}
	if got := float64(out.F32[12]); math.Abs(got-110.0/255) > 1e-6 {
		t.Errorf("result value %v", got)
	}
	b.Extra = nil
	if _, err := triptych(b); err == nil || !strings.Contains(err.Error(), "tensor source") {
		t.Errorf("without a source: %v", err)
	}
}

func TestNothingChangedIsMagnifiedByNothing(t *testing.T) {
	x := []float32{0.1, 0.2}
	if out, times := magnified(x, x); times != 0 || out[0] != 0.5 {
		t.Errorf("%v, %v times", out, times)
	}
	if _, times := magnified([]float32{0, 0}, []float32{1, 0}); times != 1 {
		t.Errorf("a change over the whole range is magnified %v times", times)
	}
	if _, times := magnified([]float32{0, 0}, []float32{1.0 / 255, 0}); times != 100 {
		t.Errorf("one step of 8 bits is magnified %v times", times)
	}
}
