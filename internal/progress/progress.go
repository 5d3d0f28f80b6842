// Package progress is how a library says how far it is, without knowing who shows it.
package progress

// Start begins to show a piece of work of total steps, or of -1 if nobody knows; what names the steps ("images"). The
// piece before it, if any, is over. A tool's is that of its session, see internal/cli; [None] shows nothing.
type Start func(total int, what string) Bar

// Bar shows one piece of work. Its methods may be called from any goroutine.
type Bar interface {
	// Add counts n more steps as done.
	Add(n int)
	// Suffix sets the text after the bar: loss, accuracy. It shows with the next Add.
	Suffix(layout string, args ...any)
	// Done removes the bar.
	Done()
}

// None shows nothing.
func None(int, string) Bar { return none{} }

type none struct{}

func (none) Add(int)               {}
func (none) Suffix(string, ...any) {}
func (none) Done()                 {}
