// Package errs gives errors what a user needs beyond one line: advice, a list of single findings, and that the call was
// wrong rather than the work. Any package may use it. The command line prints what errors carry and chooses the exit
// status by it; see internal/cli.
package errs

import (
	"errors"
	"fmt"
	"strings"
)

// hinted is an error with advice.
type hinted struct {
	error
	hint string
}

func (h *hinted) Unwrap() error { return h.error }

// Hint gives err a line of advice: what to do about it. The hint of the outermost error wins. Of nil it makes nil.
func Hint(err error, layout string, args ...any) error {
	if err == nil {
		return nil
	}
	return &hinted{err, fmt.Sprintf(layout, args...)}
}

// HintOf is the advice that err carries, "" for none.
func HintOf(err error) string {
	var h *hinted
	if !errors.As(err, &h) {
		return ""
	}
	return h.hint
}

// listed is an error with a list.
type listed struct {
	error
	items []string
}

func (l *listed) Unwrap() error { return l.error }

// List gives err, which sums them up, a list of single findings. Of nil it makes nil.
func List(err error, items []string) error {
	if err == nil || len(items) == 0 {
		return err
	}
	return &listed{err, items}
}

// ListOf is the list that err carries, nil for none.
func ListOf(err error) []string {
	var l *listed
	if !errors.As(err, &l) {
		return nil
	}
	return l.items
}

// usage is an error of the caller.
type usage struct{ error }

func (u *usage) Unwrap() error { return u.error }

// Usage marks err as a mistake in how a tool was called. Of nil it makes nil.
func Usage(err error) error {
	if err == nil {
		return nil
	}
	return &usage{err}
}

// Usagef is a mistake in how a tool was called: flags that contradict each other, a malformed unit.
func Usagef(layout string, args ...any) error { return Usage(fmt.Errorf(layout, args...)) }

// IsUsage tells whether err is, or wraps, a mistake in how a tool was called.
func IsUsage(err error) bool {
	var u *usage
	return errors.As(err, &u)
}

// Few lists names within a line: all of a few, or the first five and how many more there are.
func Few(names []string) string {
	const most = 5
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}
