package visualize

import (
	"strings"
	"testing"

	"herbarium/internal/errs"
	"herbarium/internal/optimize"
)

func TestJitter(t *testing.T) {
	for text, want := range map[string]Jitter{"auto": {Auto: true}, "0": {}, "2.5": {Pixels: 2.5}} {
		j := Jitter{Pixels: 1, Auto: true}
		if err := j.UnmarshalText([]byte(text)); err != nil || j != want {
			t.Errorf("%s is %+v, error %v", text, j, err)
		}
	}
	for _, text := range []string{"", "-1", "NaN", "Inf", "much"} {
		if err := new(Jitter).UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q was accepted", text)
		}
	}
}

func TestFlagsThatContradictEachOther(t *testing.T) {
	good := Flags{Canvas: "fourier", Steps: 4, Rate: optimize.Constant(0.1), Snapshots: 3}
	for want, change := range map[string]func(f *Flags){
		"":                              func(*Flags) {},
		"--rate must be more than 0":    func(f *Flags) { f.Rate.From = 0 },
		"--snapshots must be less than": func(f *Flags) { f.Snapshots = 4 },
		"needs --canvas pixel":          func(f *Flags) { f.Bound = true },
	} {
		f := good
		change(&f)
		err := f.check()
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want) || !errs.IsUsage(err)) {
			t.Errorf("%q: %v", want, err)
		}
	}
}

func TestDefaultsOfAToolStandBesideTheOthers(t *testing.T) {
	d := Defaults(map[string]string{"steps": "7"})
	if d["steps"] != "7" || d["canvas"] != "fourier" || d["tv"] != "0" {
		t.Errorf("defaults %v", d)
	}
}
