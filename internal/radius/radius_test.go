package radius

import (
	"testing"

	"herbarium/internal/errs"
)

func TestEps(t *testing.T) {
	tests := []struct {
		give  string
		value float64
		shown string
	}{
		{"0", 0, "0"},
		{"0.5", 0.5, "0.5"},
		{"8/255", 8.0 / 255, "8/255"},
		{" 8/255 ", 8.0 / 255, "8/255"},
		{"0.031373", 0.031373, "8/255"},
		{"0.5/255", 0.5 / 255, "0.5/255"},
		{"1e-3", 0.001, "0.001"},
		{"0.0123", 0.0123, "0.0123"},
		{"0.123456", 0.123456, "0.1235"},
		{"12", 12, "12"},
	}
	for _, test := range tests {
		var e Eps
		if err := e.UnmarshalText([]byte(test.give)); err != nil || float64(e) != test.value {
			t.Errorf("%q is read as %v, error %v; want %v", test.give, float64(e), err, test.value)
		}
		if got := e.String(); got != test.shown {
			t.Errorf("%q is shown as %q, want %q", test.give, got, test.shown)
		}
	}
}

func TestEpsRefusesWhatIsNoRadius(t *testing.T) {
	for give, want := range map[string]string{
		"":       `"" is not a number`,
		"small":  `"small" is not a number`,
		"1/0":    `"1/0" is not a number`,
		"0/0":    `"0/0" is not a number`,
		"1/":     `"1/" is not a number`,
		"1/2/3":  `"1/2/3" is not a number`,
		"Inf":    `"Inf" is not a number`,
		"NaN":    `"NaN" is not a number`,
		"-1/255": "-1/255 is negative",
		"1/-255": "1/-255 is negative",
	} {
		e := Eps(7)
		err := e.UnmarshalText([]byte(give))
		if err == nil || err.Error() != want || e != 7 {
			t.Errorf("%q is read as %v, error %v; want %q", give, float64(e), err, want)
		}
	}
	var e Eps
	if hint := errs.HintOf(e.UnmarshalText([]byte("8 of 255"))); hint != "examples are 8/255 and 0.03" {
		t.Errorf("hint %q", hint)
	}
}
