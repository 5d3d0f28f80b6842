package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"

	"herbarium/format"
)

// Exit codes of every tool.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// hinted is an error with advice, printed on a line of its own.
type hinted struct {
	error
	hint string
}

func (h *hinted) Unwrap() error { return h.error }

// Hint gives err a line of advice: what to do about it. The hint of the
// outermost error wins.
func Hint(err error, layout string, args ...any) error {
	if err == nil {
		return nil
	}
	return &hinted{err, fmt.Sprintf(layout, args...)}
}

// listed is an error with a list, printed below it.
type listed struct {
	error
	items []string
}

func (l *listed) Unwrap() error { return l.error }

// List gives err, which sums them up, a list of single findings, each printed on a line of its own.
func List(err error, items []string) error {
	if err == nil || len(items) == 0 {
		return err
	}
	return &listed{err, items}
}

// usage marks an error as the caller's: exit status 2.
type usage struct{ error }

func (u *usage) Unwrap() error { return u.error }

// UsageErrorf is an error in how the tool was called, found after the flags
// were parsed: flags that contradict each other, a malformed unit. Exit status 2.
func UsageErrorf(layout string, args ...any) error {
	return &usage{fmt.Errorf(layout, args...)}
}

// status is the exit code for the result of a run.
func status(err error) int {
	var wrong *usage
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &wrong):
		return exitUsage
	default:
		return exitFailed
	}
}

// explain puts the abort of another stage in few words, wherever it was met.
func explain(err error) error {
	var aborted *format.AbortError
	if errors.As(err, &aborted) {
		return &upstream{aborted.Message}
	}
	return err
}

// upstream is the failure of another stage. Its message is handed on as it is,
// so that it does not grow with every stage of the pipe.
type upstream struct{ message string }

func (u *upstream) Error() string { return "upstream: " + oneLine(u.message) }

// abortMessage is what the next stage is told about err.
func abortMessage(tool string, err error) string {
	var up *upstream
	if errors.As(err, &up) {
		return oneLine(up.message)
	}
	return tool + ": " + oneLine(err.Error())
}

// report prints err, its list and its hint, on lines of their own.
func report(w io.Writer, tool string, err error) {
	fmt.Fprintf(w, "%s: %s\n", tool, oneLine(err.Error()))
	var list *listed
	if errors.As(err, &list) {
		for _, item := range list.items {
			fmt.Fprintf(w, "%s: %s\n", tool, oneLine(item))
		}
	}
	var h *hinted
	if errors.As(err, &h) {
		fmt.Fprintf(w, "%s: hint: %s\n", tool, oneLine(h.hint))
	}
}

const longestMessage = 1000 // bytes

// oneLine keeps a message to one line and a sane length. Messages quote names
// from streams and files of strangers: control characters, which could drive
// the terminal, become spaces.
func oneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, text)
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > longestMessage {
		text = strings.ToValidUTF8(text[:longestMessage], "") + " ..."
	}
	return text
}
