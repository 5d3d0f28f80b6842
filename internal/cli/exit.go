package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"

	"herbarium/format"
	"herbarium/internal/errs"
)

// Exit codes of every tool.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// status is the exit code for the result of a run.
func status(err error) int {
	switch {
	case err == nil:
		return exitDone
	case errs.IsUsage(err):
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

// report prints err, its list (all of it, or the first few) and its hint, on
// lines of their own.
func report(w io.Writer, tool string, err error, all bool) {
	fmt.Fprintf(w, "%s: %s\n", tool, oneLine(err.Error()))
	list := errs.ListOf(err)
	more := len(list) - few
	if all || more <= 0 {
		more = 0
	}
	for _, item := range list[:len(list)-more] {
		fmt.Fprintf(w, "%s: %s\n", tool, oneLine(item))
	}
	if more > 0 {
		fmt.Fprintf(w, "%s: and %d more like these; --verbose prints all\n", tool, more)
	}
	if hint := errs.HintOf(err); hint != "" {
		fmt.Fprintf(w, "%s: hint: %s\n", tool, oneLine(hint))
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
