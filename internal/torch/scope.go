package torch

import (
	"errors"
	"fmt"
	"strings"

	"github.com/sugarme/gotch/libtch"

	"herbarium/internal/errs"
)

// Tensor is a handle on a libtorch tensor that some scope owns. The zero Tensor is [None].
type Tensor struct{ c libtch.Ctensor }

// None stands for an absent optional tensor, such as a convolution without bias.
var None Tensor

// Defined tells a tensor from None.
func (t Tensor) Defined() bool { return t.c != nil }

// Error is a failed libtorch operation.
type Error struct {
	Op      string // the operation, by its name in PyTorch
	Message string // libtorch's message, on one line and without its stack
}

func (e *Error) Error() string { return e.Op + ": " + e.Message }

// advised says what to do where memory has run out.
func (e *Error) advised() error {
	if strings.Contains(e.Message, "can't allocate memory") || strings.Contains(e.Message, "out of memory") {
		return errs.Hint(e, "fewer images at once need less memory: a smaller --batch")
	}
	return e
}

// takeError is the error of the operation that just failed on this thread.
func takeError(op string) *Error {
	message := firstLine(libtch.TakeLastErr())
	if message == "" {
		message = "failed without a message"
	}
	return &Error{Op: op, Message: message}
}

// firstLine is what libtorch says before its stack, on one line.
func firstLine(message string) string {
	message, _, _ = strings.Cut(message, "\nException raised from")
	return strings.Join(strings.Fields(message), " ")
}

// Scope owns the tensors made by its operations. It is used on one thread only.
type Scope struct{ live []libtch.Ctensor }

// NewScope is a scope for tensors that live long, such as a net's weights; the caller closes it.
// Work belongs into [Do].
func NewScope() *Scope { return &Scope{} }

// Close frees every tensor that the scope still owns.
func (s *Scope) Close() {
	for _, c := range s.live {
		libtch.AtFree(c)
	}
	s.live = nil
}

// Do runs f with a scope of its own and frees that scope. An operation that fails inside f, or
// in what f calls, ends f and is returned as an *Error; other panics go on.
func Do(f func(s *Scope) error) (err error) {
	if _, err := ours(); err != nil {
		return err
	}
	s := &Scope{}
	defer s.Close()
	defer func() {
		switch p := recover().(type) {
		case nil:
		case *Error:
			err = p.advised()
		default:
			panic(p)
		}
	}()
	return f(s)
}

// own takes an operation's result into the scope. A nil result means that it failed.
func (s *Scope) own(op string, c libtch.Ctensor) Tensor {
	if c == nil {
		panic(takeError(op))
	}
	s.live = append(s.live, c)
	return Tensor{c}
}

// inPlace drops the second handle on its own input that an in-place operation returns.
func inPlace(op string, c libtch.Ctensor) {
	if c == nil {
		panic(takeError(op))
	}
	libtch.AtFree(c)
}

// fail ends the surrounding Do with an error of an operation that is ours.
func fail(op, format string, args ...any) {
	panic(&Error{Op: op, Message: fmt.Sprintf(format, args...)})
}

// forget takes t out of the scope's list and tells whether it was there. Tensors that leave a
// scope early are mostly young: the search starts at the end.
func (s *Scope) forget(t Tensor) bool {
	for i := len(s.live) - 1; i >= 0; i-- {
		if s.live[i] == t.c {
			s.live = append(s.live[:i], s.live[i+1:]...)
			return true
		}
	}
	return false
}

// Move hands tensors of s over to another scope, so that they outlive s.
func (s *Scope) Move(to *Scope, tensors ...Tensor) error {
	for _, t := range tensors {
		if !s.forget(t) {
			return errors.New("move: the tensor is not of this scope")
		}
		to.live = append(to.live, t.c)
	}
	return nil
}

// Free frees tensors of the scope before it ends; those that the scope does not own stay.
func (s *Scope) Free(tensors ...Tensor) {
	for _, t := range tensors {
		if t.Defined() && s.forget(t) {
			libtch.AtFree(t.c)
		}
	}
}

// Share is a second handle, owned by s, on the same tensor.
func (s *Scope) Share(t Tensor) Tensor {
	return s.own("share", libtch.AtShallowClone(t.c))
}
