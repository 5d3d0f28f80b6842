package main

import "testing"

func TestThreshold(t *testing.T) {
	for text, want := range map[string]threshold{"auto": {auto: true}, "0": {}, "1": {probability: 1}, "0.25": {probability: 0.25}} {
		var got threshold
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want {
			t.Errorf("%s is read as %+v, error %v; want %+v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "1.5", "-0.1", "NaN", "often", "Auto"} {
		var got threshold
		if err := got.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is read as %+v", text, got)
		}
	}
}
