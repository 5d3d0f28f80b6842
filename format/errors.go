package format

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
)

var (
	// ErrEmpty: the input has not one byte.
	ErrEmpty = errors.New("no input: did the command before this one fail?")
	// ErrTruncated: the input ends before its END record.
	ErrTruncated = errors.New("truncated stream: did the command before this one fail?")
	// ErrAborted is matched, with errors.Is, by every [AbortError].
	ErrAborted = errors.New("aborted")
)

// An AbortError is what a reader returns for a stream whose producer called
// [Writer.Abort].
type AbortError struct {
	Message string // the producer's, on one line
}

func (e *AbortError) Error() string {
	return "the command before this one failed: " + e.Message
}

// Is makes errors.Is(err, ErrAborted) true.
func (e *AbortError) Is(target error) bool { return target == ErrAborted }

// oneLine makes a stranger's text safe to print: valid UTF-8 without control
// characters, which a terminal would obey.
func oneLine(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, s))
}

// A TruncatedError is the error for input that ends too early. It matches
// [ErrTruncated], whose words are about a pipe; of a file say Where instead.
type TruncatedError struct {
	Where string // what it ends in: "a body"
}

func (e *TruncatedError) Error() string {
	return fmt.Sprintf("%v (it ends in %s)", ErrTruncated, e.Where)
}

// Is makes errors.Is(err, ErrTruncated) true.
func (e *TruncatedError) Is(target error) bool { return target == ErrTruncated }

// cut turns the end of input inside something into a TruncatedError. Other errors
// of the underlying reader pass.
func cut(err error, where string) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return &TruncatedError{where}
	}
	return err
}

// A ForeignError is the error for input that is neither a stream nor a
// safetensors file.
type ForeignError struct {
	Start      []byte // its first bytes, up to 512, from which one may tell what it is
	Compressed bool   // by zstd; Start is what is inside
}

func (e *ForeignError) Error() string {
	return fmt.Sprintf("input is neither a Herbarium stream nor a safetensors file: it starts with %q", e.Start[:min(len(e.Start), 9)])
}
