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
	report(&b, "adopt", err)
	want := "adopt: a.pth: two keys are wrong\nadopt: missing fc .weight\nadopt: unexpected head\nadopt: hint: rename them\n"
	if b.String() != want {
		t.Errorf("printed\n%swant\n%s", b.String(), want)
	}
}
