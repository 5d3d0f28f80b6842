package optimize

import (
	"math"
	"testing"
)

func TestRamps(t *testing.T) {
	for text, want := range map[string][3]float64{
		"0.5": {0.5, 0.5, 0.5}, "1:0.01": {1, 0.1, 0.01}, "0:2": {0, 1, 2}, "4:0": {4, 2, 0}, "0": {0, 0, 0},
	} {
		var r Ramp
		if err := r.UnmarshalText([]byte(text)); err != nil {
			t.Fatal(err)
		}
		for i, done := range []float64{0, 0.5, 1} {
			if got := r.At(done); math.Abs(got-want[i]) > 1e-12 {
				t.Errorf("%s at %v is %v, want %v", text, done, got, want[i])
			}
		}
		if r.String() != text {
			t.Errorf("%q is written %q", text, r.String())
		}
	}
	for _, text := range []string{"", ":", "1:", "-1", "NaN", "1:Inf", "a", "1:2:3"} {
		if err := new(Ramp).UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q was accepted", text)
		}
	}
}
