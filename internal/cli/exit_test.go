package cli

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"herbarium/internal/errs"
)

func TestReportPrintsListsAndHints(t *testing.T) {
	failed := errors.New("two keys are wrong")
	err := fmt.Errorf("a.pth: %w", errs.Hint(errs.List(failed, []string{"missing fc\x1b.weight", "unexpected head"}), "rename them"))
	var b strings.Builder
	report(&b, "adopt", err, false)
	want := "adopt: a.pth: two keys are wrong\nadopt: missing fc .weight\nadopt: unexpected head\nadopt: hint: rename them\n"
	if b.String() != want {
		t.Errorf("printed\n%swant\n%s", b.String(), want)
	}
}

func TestReportPrintsFewOfManyFindings(t *testing.T) {
	var many []string
	for i := range few + 260 {
		many = append(many, fmt.Sprintf("missing key%d", i))
	}
	err := errs.List(errors.New("it does not fit"), many)
	for all, want := range map[bool]int{false: 1 + few + 1, true: 1 + len(many)} {
		var b strings.Builder
		report(&b, "adopt", err, all)
		lines := strings.Split(strings.TrimSpace(b.String()), "\n")
		if len(lines) != want {
			t.Errorf("--verbose %v: %d lines, want %d", all, len(lines), want)
		}
		last := "adopt: and 260 more like these; --verbose prints all"
		if all {
			last = "adopt: " + many[len(many)-1]
		}
		if lines[len(lines)-1] != last {
			t.Errorf("--verbose %v: the last line is %q, want %q", all, lines[len(lines)-1], last)
		}
	}
}
