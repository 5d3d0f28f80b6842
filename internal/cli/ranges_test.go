package cli

import (
	"io"
	"math"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"herbarium/internal/errs"
)

func TestIntervals(t *testing.T) {
	inf := math.Inf(1)
	tests := []struct {
		tag, words string
		in, out    []float64
	}{
		{"[0,)", "0 or more", []float64{0, 1e300}, []float64{-1e-9, inf, math.NaN()}},
		{"(0,)", "more than 0", []float64{1e-9}, []float64{0, -1, inf}},
		{"[0,1]", "from 0 to 1", []float64{0, 0.5, 1}, []float64{-0.1, 1.1, math.NaN()}},
		{"[0,1)", "from 0 to less than 1", []float64{0, 0.999}, []float64{1}},
		{"(0,1]", "more than 0 and at most 1", []float64{1}, []float64{0}},
		{"(0,0.5)", "more than 0 and less than 0.5", []float64{0.25}, []float64{0, 0.5}},
	}
	for _, test := range tests {
		i, err := parseInterval(test.tag)
		if err != nil {
			t.Errorf("%s: %v", test.tag, err)
			continue
		}
		if got := i.String(); got != test.words {
			t.Errorf("%s reads %q, want %q", test.tag, got, test.words)
		}
		for _, v := range test.in {
			if !i.holds(v) {
				t.Errorf("%s lacks %v", test.tag, v)
			}
		}
		for _, v := range test.out {
			if i.holds(v) {
				t.Errorf("%s holds %v", test.tag, v)
			}
		}
	}
	for _, tag := range []string{"", "0,1", "[0,1", "0,1]", "[0]", "[a,1]", "[0,1x)", "[(0,1)]"} {
		if i, err := parseInterval(tag); err == nil {
			t.Errorf("%q is taken for %v", tag, i)
		}
	}
}

func TestCheckRanges(t *testing.T) {
	tests := []struct{ give, want string }{
		{"", ""},
		{"--share 0.5 --steps 3 --rates 1,2 --limit 0", ""},
		{"--share 1", "--share 1 must be from 0 to less than 1"},
		{"--share NaN", "--share NaN must be from 0 to less than 1"},
		{"--steps 0", "--steps 0 must be 1 or more"},
		{"--rates 1,0", "--rates 0 must be more than 0"},
		{"--rates Inf", "--rates +Inf must be more than 0"},
		{"--limit=-1", "--limit -1 must be 0 or more"},
	}
	for _, test := range tests {
		var flags struct {
			Share float64   `default:"0" range:"[0,1)"`
			Steps int       `default:"1" range:"[1,)"`
			Rates []float64 `range:"(0,)"`
			Limit *int      `range:"[0,)"`
			Free  int
		}
		app, err := kong.New(&flags, kong.Writers(io.Discard, io.Discard))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := app.Parse(strings.Fields(test.give)); err != nil {
			t.Errorf("%s: %v", test.give, err)
			continue
		}
		err = checkRanges(app.Model)
		switch {
		case test.want == "" && err != nil:
			t.Errorf("%s: %v", test.give, err)
		case test.want != "" && (err == nil || err.Error() != test.want || !errs.IsUsage(err)):
			t.Errorf("%s: error %v, want the usage error %q", test.give, err, test.want)
		}
	}
}

func TestRangeOfWhatIsNoNumber(t *testing.T) {
	for _, flags := range []any{
		&struct {
			Name string `range:"[0,1]"`
		}{},
		&struct {
			Share float64 `range:"0..1"`
		}{},
	} {
		app, err := kong.New(flags, kong.Writers(io.Discard, io.Discard))
		if err != nil {
			t.Fatal(err)
		}
		if err := checkRanges(app.Model); err == nil || errs.IsUsage(err) {
			t.Errorf("%T: error %v, want an internal one", flags, err)
		}
	}
}
