package cli

import (
	"fmt"
	"io"
	"sync"
	"sync/atomic"
)

// few is how many warnings of a kind, and how many findings of an error, are
// printed without --verbose.
const few = 10

// messages is what a run says on standard error: lines, and a bar below them.
type messages struct {
	tool   string
	stderr io.Writer
	flags  *groups
	bar    atomic.Pointer[terminalBar] // nil without one

	mu     sync.Mutex     // of what follows
	warned map[string]int // warnings so far, by layout
	held   int            // warnings that were counted only
}

// Warnf prints a warning, unless --quiet. Warnings of one layout are of one
// kind: of each only the first few are printed, unless --verbose, and the rest
// is counted.
func (m *messages) Warnf(layout string, args ...any) {
	if m.hold(layout) {
		return
	}
	m.Infof("warning: %s", fmt.Sprintf(layout, args...))
}

// hold tells whether a warning is one too many of its kind.
func (m *messages) hold(layout string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.warned == nil {
		m.warned = map[string]int{}
	}
	m.warned[layout]++
	if m.warned[layout] <= few || m.flags.verbose() {
		return false
	}
	m.held++
	return true
}

// sayHeld tells how many warnings were not printed.
func (m *messages) sayHeld() {
	m.mu.Lock()
	n := m.held
	m.held = 0
	m.mu.Unlock()
	if n > 0 {
		m.Infof("and %d more like these; --verbose prints all", n)
	}
}

// Infof prints a line about the work (a result, seconds), unless --quiet.
func (m *messages) Infof(layout string, args ...any) {
	if m.flags.quiet() {
		return
	}
	m.bar.Load().above(func() {
		fmt.Fprintf(m.stderr, "%s: %s\n", m.tool, oneLine(fmt.Sprintf(layout, args...)))
	})
}

// endBar removes the bar, if there is one.
func (m *messages) endBar() { m.bar.Load().Done() }
