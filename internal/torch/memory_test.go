package torch_test

import (
	"errors"
	"strings"
	"testing"

	"herbarium/internal/errs"
	"herbarium/internal/torch"
	"herbarium/internal/torchtest"
)

// What cannot be allocated is an error that says what to do.
func TestOutOfMemory(t *testing.T) {
	torchtest.Pin(t)
	err := torch.Do(func(s *torch.Scope) error {
		x := s.Expand(torch.From(s, []int{1}, []float32{0}), 1<<50)
		s.Add(x, x)
		return nil
	})
	var failed *torch.Error
	if !errors.As(err, &failed) || !strings.Contains(errs.HintOf(err), "--batch") {
		t.Errorf("%v, hint %q", err, errs.HintOf(err))
	}
}
