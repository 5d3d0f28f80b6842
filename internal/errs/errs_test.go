package errs

import (
	"errors"
	"fmt"
	"slices"
	"testing"
)

func TestErrorsCarryWhatTheyWereGiven(t *testing.T) {
	cause := errors.New("no such layer")
	tests := []struct {
		name  string
		err   error
		text  string
		hint  string
		list  []string
		usage bool
	}{
		{"plain", cause, "no such layer", "", nil, false},
		{"hint", Hint(cause, "try %s", "layer4"), "no such layer", "try layer4", nil, false},
		{"wrapped", fmt.Errorf("a.st: %w", Hint(cause, "try layer4")), "a.st: no such layer", "try layer4", nil, false},
		{"outermost hint", Hint(fmt.Errorf("a.st: %w", Hint(cause, "inner")), "outer"), "a.st: no such layer", "outer", nil, false},
		{"list", Hint(List(cause, []string{"a", "b"}), "rename"), "no such layer", "rename", []string{"a", "b"}, false},
		{"empty list", List(cause, nil), "no such layer", "", nil, false},
		{"usage", Usagef("--unit: %w", cause), "--unit: no such layer", "", nil, true},
		{"usage with hint", Hint(Usage(cause), "see --help"), "no such layer", "see --help", nil, true},
		{"usage within", fmt.Errorf("x: %w", Usage(Hint(cause, "try layer4"))), "x: no such layer", "try layer4", nil, true},
	}
	for _, test := range tests {
		if got := test.err.Error(); got != test.text {
			t.Errorf("%s: text %q, want %q", test.name, got, test.text)
		}
		if got := HintOf(test.err); got != test.hint {
			t.Errorf("%s: hint %q, want %q", test.name, got, test.hint)
		}
		if got := ListOf(test.err); !slices.Equal(got, test.list) {
			t.Errorf("%s: list %q, want %q", test.name, got, test.list)
		}
		if got := IsUsage(test.err); got != test.usage {
			t.Errorf("%s: usage %v", test.name, got)
		}
		if !errors.Is(test.err, cause) {
			t.Errorf("%s is not its cause any more", test.name)
		}
	}
}

// TestNoErrorStaysNone: what wraps the result of a call must not turn success into failure.
func TestNoErrorStaysNone(t *testing.T) {
	for name, err := range map[string]error{"hint": Hint(nil, "x"), "list": List(nil, []string{"x"}), "usage": Usage(nil)} {
		if err != nil {
			t.Errorf("%s makes %v of nil", name, err)
		}
	}
	if HintOf(nil) != "" || ListOf(nil) != nil || IsUsage(nil) {
		t.Error("nil carries something")
	}
}

func TestFewNamesFitALine(t *testing.T) {
	names := []string{"a", "b", "c", "d", "e"}
	if got, want := Few(names), "a, b, c, d, e"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := Few(append(names, "f", "g")), "a, b, c, d, e and 2 more"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := Few(nil); got != "" {
		t.Errorf("no names are %q", got)
	}
}
