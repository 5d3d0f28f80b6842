package nearest

import (
	"slices"
	"testing"
)

func TestDistance(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"kitten", "sitting", 3}, {"flaw", "lawn", 2}, {"layer1", "layer1", 0}} {
		if got := distance(tt.a, tt.b); got != tt.want {
			t.Errorf("distance(%q, %q) = %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}

func TestNames(t *testing.T) {
	names := []string{"rose", "daisy", "moon orchid", "oxeye daisy", "daisies"}
	for name, want := range map[string][]string{
		"dasy":  {"daisy"},
		"moon":  {"moon orchid"},
		"daisy": {"daisy"},
		"ROSE":  {"rose"},
	} {
		if got, closest := Names(name, names, 2); !slices.Equal(got[:closest], want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	if got, near := Names("hippopotamus", names, 2); near > 0 || len(got) == 0 {
		t.Errorf("what is far from all: %v, %v", got, near)
	}
	if got, near := Names("x", nil, 3); near > 0 || len(got) != 0 {
		t.Error(got)
	}
}
